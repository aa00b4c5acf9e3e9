import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, newAccount } from '../../support/client.js';
import { ServerProcess, runBuilt } from '../../support/process.js';
import { Driver } from '../../../src/database/sqlite-driver.js';

describe('node dist/main.js', { timeout: 90_000 }, () => {
  let cwd: string;
  let servers: ServerProcess[];

  beforeEach(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-start-'));
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map(server => server.stop('SIGKILL')));
    rmSync(cwd, { recursive: true, force: true });
  });

  async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
    const server = await ServerProcess.start({ cwd, env });
    servers.push(server);
    return server;
  }

  /** A start that must fail: with one line on the standard error. */
  async function refuse(
    env: Record<string, string>,
  ): Promise<{ code: number | null; line: string }> {
    const options = { cwd, env: { PORT: '0', ...env } };
    const { code, stderr, stdout } = await runBuilt('main.js', [], options);
    expect(stdout).not.toMatch(/"level":"(error|fatal)"/);
    const [line, ...rest] = stderr.split('\n');
    expect(rest).toEqual(['']);
    expect(line).toMatch(/^library-api: /);
    expect(line).not.toMatch(/\bat .*:\d+|\.js\b/);
    return { code, line };
  }

  test('needs no configuration: it makes what is missing, and says where it is', async () => {
    const server = await start();
    const listening = JSON.parse(server.lines.at(-1)!);
    expect(listening.msg).toBe(`listening on ${server.url}, documentation at ${server.url}/docs`);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await call(server.url, 'GET', '/health/ready')).status).toBe(200);
    expect(statSync(path.join(cwd, 'data/secret.key')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(cwd, 'data')).mode & 0o777).toBe(0o700);
    const database = new Driver(path.join(cwd, 'data/library.db'), { readonly: true });
    expect(database.prepare('SELECT count(*) FROM users').pluck().get()).toBe(0);
    database.close();
    expect(server.stderr).toBe('');
  });

  test('keeps data and tokens over a restart, and each to its own', async () => {
    const first = await start();
    const [ada, ben] = [await newAccount(first.url), await newAccount(first.url)];
    const record = { name: 'Paul Lynch', book: 'Prophet Song', country: 'Ireland' };
    const { token } = ada;
    expect((await call(first.url, 'POST', '/author', { token, json: record })).status).toBe(201);
    const before = await call(first.url, 'GET', '/authors', { token });
    expect(await first.stop('SIGTERM')).toBe(0);

    const second = await start();
    expect((await call(second.url, 'GET', '/authors', { token })).body).toEqual(before.body);
    const others = await call(second.url, 'GET', '/authors', { token: ben.token });
    expect(others.body.list_of_authors).toEqual([]);
    const refreshed = await call(second.url, 'POST', '/token/refresh', {
      json: { refresh_token: ada.refreshToken },
    });
    expect(refreshed.status).toBe(200);
    expect(JSON.parse(second.lines[0]).msg).not.toContain('migrated');
  });

  test('reads .env in its directory, and the environment wins', async () => {
    writeFileSync(
      path.join(cwd, '.env'),
      'DATA_DIR=elsewhere\nREGISTRATION=closed\nLOG_LEVEL=warn\n',
    );
    const server = await start({ LOG_LEVEL: 'info' });
    expect(existsSync(path.join(cwd, 'elsewhere/secret.key'))).toBe(true);
    const json = { name: 'Ada', password: 'correct horse battery' };
    expect((await call(server.url, 'POST', '/register', { json })).status).toBe(403);
  });

  test.each([
    ['PORT', { PORT: 'http' }],
    ['BCRYPT_COST', { BCRYPT_COST: '4', NODE_ENV: 'production' }],
    ['TRUST_PROXY', { TRUST_PROXY: 'true' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://user:very-secret@host/db' }],
    ['SECRET_KEY', { SECRET_KEY: 'short-secret' }],
    ['SECRET_KEY', { DATABASE_URL: 'postgres://localhost/library' }],
    ['ACCESS_TOKEN_TTL', { ACCESS_TOKEN_TTL: '30' }],
    ['LOG_FORMAT', { LOG_FORMAT: 'xml' }],
  ])('ends with 78 and one line for a wrong %s', async (name, env) => {
    const { code, line } = await refuse(env as Record<string, string>);
    expect(code).toBe(78);
    expect(line).toContain(name);
    expect(line).not.toMatch(/very-secret|short-secret/);
  });

  test('says in one line that the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { code, line } = await refuse({ PORT: String(port) });
    expect(code).toBe(1);
    expect(line).toContain(`127.0.0.1:${port}`);
    taken.close();
  });

  test.each([
    ['a directory', (file: string) => mkdirSync(file)],
    [
      'no database',
      (file: string) => writeFileSync(file, 'a text that is no database'.repeat(100)),
    ],
    ['a database of something else', (file: string) => withSql(file, 'CREATE TABLE users (x)')],
  ])('says in one line that its database is %s', async (_, make) => {
    const file = path.join(cwd, 'library.db');
    make(file);
    const { code } = await refuse({ DATABASE_URL: `sqlite:${file}` });
    expect(code).toBe(1);
  });

  test('says in one line that its database was made by a newer version', async () => {
    const file = path.join(cwd, 'data/library.db');
    await (await start()).stop();
    withSql(
      file,
      "INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')",
    );
    const { code, line } = await refuse({});
    expect(code).toBe(1);
    expect(line).toMatch(/newer/);
  });

  test('says in one line that the key is not the one of the database', async () => {
    await (await start()).stop();
    const { code, line } = await refuse({ SECRET_KEY: 'x'.repeat(40) });
    expect(code).toBeGreaterThan(0);
    expect(line).toMatch(/SECRET_KEY/);
  });

  test('says in one line that the data directory cannot be made', async () => {
    writeFileSync(path.join(cwd, 'file'), '');
    const { code, line } = await refuse({ DATA_DIR: path.join(cwd, 'file/data') });
    expect(code).toBe(78);
    expect(line).toMatch(/DATA_DIR/);
  });
});

function withSql(file: string, sql: string): void {
  const database = new Driver(file);
  database.exec(sql);
  database.close();
}
