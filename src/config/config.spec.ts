import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.js';
import { VARIABLES } from './variables.js';

const KEY = 'q7Zp1vXr0KfWm3uT8sYd5hNc9LbJe2GaPo4RiUxMt6E';
const MINUTE = 60_000;
const DAY = 86_400_000;

const failing = (env: Record<string, string>, file = ''): ConfigError => {
  try {
    loadConfig(env, file);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error(`${JSON.stringify(env)} was accepted`);
};

describe('loadConfig', () => {
  let directory: string;
  const file = (name: string, text: string | Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'library-config-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('needs no variable at all', () => {
    expect(loadConfig({}, '')).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: `sqlite:${resolve('data/library.db')}`,
      databasePool: 10,
      secretKey: undefined,
      jwtAlgorithm: 'HS256',
      accessTokenTtl: 30 * MINUTE,
      refreshTokenTtl: 30 * DAY,
      sessionMaxAge: 90 * DAY,
      bcryptCost: 12,
      registration: 'open',
      registerLimit: { count: 60, perMs: 60 * MINUTE },
      trustProxy: [],
      corsOrigins: [],
      bodyLimit: 65_536,
      sqliteSynchronous: 'FULL',
      nodeEnv: 'production',
    });
  });

  it('keeps the SQLite file in the data directory that was chosen', () => {
    expect(loadConfig({ DATA_DIR: '/srv/x' }, '').databaseUrl).toBe('sqlite:/srv/x/library.db');
  });

  it('takes an empty variable as absent', () => {
    const empty = Object.fromEntries(Object.values(VARIABLES).map(({ name }) => [name, '']));
    expect(loadConfig(empty, '')).toEqual(loadConfig({}, ''));
  });

  it('ignores variables that it does not know', () => {
    expect(loadConfig({ LIBRARY_API_PROT: '1', PATH: '/bin' }, '')).toEqual(loadConfig({}, ''));
  });

  it('is frozen, lists included', () => {
    const config = loadConfig({ TRUST_PROXY: '::1' }, '');
    const frozen = [config, config.trustProxy, config.corsOrigins, config.registerLimit];
    expect(frozen.map(part => Object.isFrozen(part))).toEqual([true, true, true, true]);
  });

  it('reads .env, over which the environment wins', () => {
    const env = file('.env', 'PORT=4000\nHOST="::1" # loopback\nLOG_LEVEL=debug\n');
    expect(loadConfig({ PORT: '5000', LOG_LEVEL: '' }, env)).toMatchObject({
      port: 5000,
      host: '::1',
      logLevel: 'info',
    });
  });

  it('refuses a wrong value in .env as in the environment', () => {
    expect(failing({}, file('.env', 'PORT=many\n')).message).toBe(
      'PORT is "many": it takes a whole number from 0 to 65535',
    );
  });

  it.each<[string, Buffer]>([
    ['UTF-8 with its mark', Buffer.from('\ufeffPORT=4000\n')],
    ['UTF-16 with its mark', Buffer.from('\ufeffPORT=4000\r\n', 'utf16le')],
    ['UTF-16, high bytes first', Buffer.from('\ufeffPORT=4000\r\n', 'utf16le').swap16()],
    ['lines that end with CR', Buffer.from('HOST=::1\rPORT=4000\r')],
    ['a value of two lines', Buffer.from('OTHER="a\nb c"\nexport PORT = 4000 # yes')],
  ])('reads .env in %s', (_what, bytes) => {
    expect(loadConfig({}, file('.env', bytes)).port).toBe(4000);
  });

  it.each<[string, Buffer, RegExp]>([
    ['UTF-16 without a mark', Buffer.from('PORT=4000\n', 'utf16le'), /it is no UTF-8 text/],
    ['Latin-1', Buffer.from('ADMIN_NAME=J\xf6rg\n', 'latin1'), /it is no UTF-8 text/],
    [
      'a line without =',
      Buffer.from('# a\nPORT=1\n\nSECRET_KEY hunter2\n'),
      /line 4 is not NAME=value$/,
    ],
    ['a colon', Buffer.from('PORT: 4000\n'), /line 1 is not NAME=value$/],
  ])('refuses an .env with %s', (_what, bytes, message) => {
    const error = failing({}, file('.env', bytes));
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hunter2');
    expect(error.exitCode).toBe(78);
  });

  it('puts the password of DATABASE_PASSWORD_FILE into DATABASE_URL', () => {
    const env = { SECRET_KEY: KEY, DATABASE_PASSWORD_FILE: file('password', 'p@ss:/w%rd\r\n') };
    const config = loadConfig(
      { ...env, DATABASE_URL: 'postgres://u@h:5432/d?sslmode=require' },
      '',
    );
    expect(config.databaseUrl).toBe('postgres://u:p%40ss%3A%2Fw%25rd@h:5432/d?sslmode=require');
    expect(config).not.toHaveProperty('databasePasswordFile');
    for (const url of ['', 'sqlite:x.db', 'postgres://h/d', 'postgres://u:p@h/d']) {
      expect(failing({ ...env, DATABASE_URL: url }).message).toMatch(
        /^DATABASE_PASSWORD_FILE takes/,
      );
    }
  });

  it.each([
    ['missing', '/nonexistent', /ENOENT/],
    ['empty', '', /content is refused: it takes a password on one line/],
    ['of two lines', 'hunter2\nhunter2', /content is refused/],
  ])('refuses a DATABASE_PASSWORD_FILE that is %s', (_what, content, message) => {
    const path = content.startsWith('/') ? content : file('password', content);
    const env = { SECRET_KEY: KEY, DATABASE_URL: 'postgres://u@h/d', DATABASE_PASSWORD_FILE: path };
    expect(failing(env).message).toMatch(message);
    expect(failing(env).message).not.toContain('hunter2');
  });

  it('refuses an ADMIN_PASSWORD_FILE that cannot be read', () => {
    const error = failing({ ADMIN_NAME: 'a', ADMIN_PASSWORD_FILE: '/nonexistent' });
    expect(error.message).toMatch(/^ADMIN_PASSWORD_FILE is "\/nonexistent".*ENOENT/);
    expect(error.exitCode).toBe(78);
  });

  it('refuses an .env that cannot be read', () => {
    expect(failing({}, directory).message).toMatch(/cannot be read: EISDIR$/);
  });

  it('reads SECRET_KEY_FILE, without the line break at its end', () => {
    const key = file('key', `${KEY}\n`);
    expect(loadConfig({ SECRET_KEY_FILE: key }, '').secretKey).toEqual(Buffer.from(KEY));
  });

  it.each([
    ['missing', (): string => join(directory, 'nothing'), /ENOENT/],
    ['short', (): string => file('short', 'hunter2-in-a-file'), /content is refused.*32 bytes/],
    [
      'a directory',
      (): string => (mkdirSync(join(directory, 'd')), join(directory, 'd')),
      /EISDIR/,
    ],
  ])('refuses a SECRET_KEY_FILE that is %s', (_what, path, message) => {
    const error = failing({ SECRET_KEY_FILE: path() });
    expect(error.message).toMatch(/^SECRET_KEY_FILE is "/);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hunter2');
  });

  it('never shows a secret', () => {
    const secrets: [Record<string, string>, string][] = [
      [{ SECRET_KEY: 'hunter2' }, 'SECRET_KEY is a value of 7 bytes (not shown)'],
      [{ SECRET_KEY: KEY, SECRET_KEY_PREVIOUS: 'hunter2' }, 'SECRET_KEY_PREVIOUS is a value of 7'],
      [{ DATABASE_URL: 'mysql://u:hunter2@h/d' }, 'DATABASE_URL is a value of 21 bytes'],
      [{ CORS_ORIGINS: 'https://u:hunter2@a.example' }, 'CORS_ORIGINS is "https://***@a.example"'],
      [{ CORS_ORIGINS: 'https://u:a@hunter2/@a.b' }, 'CORS_ORIGINS is "https://***@a.b"'],
    ];
    for (const [env, start] of secrets) {
      const { message } = failing(env);
      expect(message.startsWith(start)).toBe(true);
      expect(message).not.toContain('hunter2');
    }
  });
});

describe('what variables demand of each other', () => {
  const POSTGRES = 'postgres://u:hunter2@h/d';

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a key on PostgreSQL',
      { DATABASE_URL: POSTGRES },
      /^SECRET_KEY is not set: PostgreSQL needs it/,
    ],
    [
      'one key, not two',
      { SECRET_KEY: KEY, SECRET_KEY_FILE: 'x' },
      /^SECRET_KEY and SECRET_KEY_FILE/,
    ],
    ['a name with the admin password', { ADMIN_PASSWORD_FILE: 'x' }, /^ADMIN_PASSWORD_FILE is set/],
    ['a password file with the admin', { ADMIN_NAME: 'ada' }, /^ADMIN_NAME is set without/],
    [
      'a session that outlives its refresh token',
      { SESSION_MAX_AGE: '1d' },
      /^SESSION_MAX_AGE is "1d": it takes the same/,
    ],
    [
      'refresh tokens that outlive access',
      { REFRESH_TOKEN_TTL: '1m' },
      /^REFRESH_TOKEN_TTL is "1m": it takes the same/,
    ],
    ['a safe cost', { BCRYPT_COST: '9', NODE_ENV: 'tset' }, /^BCRYPT_COST is "9": .* 10 to 15/],
    [
      'one process on a database in memory',
      { WEB_CONCURRENCY: '2', DATABASE_URL: 'sqlite::memory:' },
      /^WEB_CONCURRENCY is "2"/,
    ],
  ])('%s', (_rule, env, message) => {
    const error = failing(env);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/hunter2|\n/);
  });

  it('lets tests hash fast', () => {
    expect(loadConfig({ BCRYPT_COST: '4', NODE_ENV: 'test' }, '').bcryptCost).toBe(4);
  });

  it('takes PostgreSQL with a key', () => {
    expect(loadConfig({ DATABASE_URL: POSTGRES, SECRET_KEY: KEY }, '').databaseUrl).toBe(POSTGRES);
  });
});
