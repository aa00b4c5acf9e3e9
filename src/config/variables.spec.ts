import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.js';
import type { Config } from './config.js';
import { VARIABLES } from './variables.js';

const KEY = 'q7Zp1vXr0KfWm3uT8sYd5hNc9LbJe2GaPo4RiUxMt6E';
const OTHER_KEY = 'Vb8nH2kQx5Tz0LmR7cWs4YpJd9GfUe1AoXi3NtKv6Zq';
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

interface Row {
  /** Without a single other variable, or with these. */
  others?: Record<string, string>;
  member: keyof Config;
  good: [text: string, value: unknown][];
  bad: string[];
}

/** Variables whose value does not appear in the configuration. */
const FILES = ['SECRET_KEY_FILE', 'DATABASE_PASSWORD_FILE'];

const ROWS: Record<string, Row> = {
  HOST: {
    member: 'host',
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['::1', '::1'],
      ['localhost', 'localhost'],
      ['api.example.org', 'api.example.org'],
    ],
    bad: ['256.1.1.1', '127.0.0', '[::1]', 'http://x', 'a b', '-a', 'a_b', 'x'.repeat(64)],
  },
  PORT: {
    member: 'port',
    good: [
      ['0', 0],
      ['65535', 65535],
    ],
    bad: ['65536', '-1', '3000.0', '0x10', '1e3', '080', ' 80', 'http', 'NaN'],
  },
  DATA_DIR: {
    member: 'dataDir',
    good: [
      ['/var/lib/x', '/var/lib/x'],
      ['data', resolve('data')],
      ['~/data', join(homedir(), 'data')],
    ],
    bad: ['a\0b', '~other/data'],
  },
  DATABASE_URL: {
    member: 'databaseUrl',
    others: { SECRET_KEY: KEY },
    good: [
      ['sqlite::memory:', 'sqlite::memory:'],
      ['sqlite:x.db', `sqlite:${resolve('x.db')}`],
      ['sqlite:~/x.db', `sqlite:${join(homedir(), 'x.db')}`],
      ['sqlite:/a/b.db', 'sqlite:/a/b.db'],
      ['sqlite:///a/b.db', 'sqlite:/a/b.db'],
      ['postgres://u:p%40@h:5432/d?sslmode=require', 'postgres://u:p%40@h:5432/d?sslmode=require'],
      ['postgresql://h/d', 'postgres://h/d'],
    ],
    bad: [
      ...[
        'sqlite:',
        'sqlite:~other/x.db',
        'sqlite://x.db',
        'sqlite::memory',
        'sqlite:a.db?mode=ro',
        'sqlite:dir/',
      ],
      ...['sqlite:file:x', 'mysql://h/d', 'library.db', 'postgres:h', 'postgres://u:p#@h/d'],
      ...['postgres://u:p%zz@h/d', 'postgres://h:port/d', 'Postgres://h/d'],
    ],
  },
  DATABASE_POOL: { member: 'databasePool', good: [['1', 1]], bad: ['0', '1001', 'ten'] },
  DATABASE_POOLER: {
    member: 'databasePooler',
    good: [['transaction', 'transaction']],
    bad: ['session', 'Transaction', 'true'],
  },
  PUBLIC_URL: {
    member: 'publicUrl',
    good: [
      ['https://example.org', 'https://example.org'],
      ['https://example.org/library/', 'https://example.org/library'],
      ['http://localhost:8080/a/b', 'http://localhost:8080/a/b'],
    ],
    bad: [
      'example.org',
      '/library',
      'ftp://a.b',
      'https://a.b?x=1',
      'https://u:p@a.b',
      'https://a b',
    ],
  },
  SECRET_KEY: {
    member: 'secretKey',
    good: [
      [KEY, Buffer.from(KEY)],
      ['Жил-был у бабушки серенький козлик', Buffer.from('Жил-был у бабушки серенький козлик')],
      ['9f86d081884c7d659a2feaa0c55ad015', Buffer.from('9f86d081884c7d659a2feaa0c55ad015')],
    ],
    bad: [
      ...[
        'short',
        KEY.slice(0, 31),
        'x'.repeat(64),
        'ab'.repeat(32),
        '12345678901234567890123456789012',
      ],
      ...[
        'changeme'.repeat(5),
        'change-me-please-this-is-not-secret!',
        'your-256-bit-secret-key-goes-here',
      ],
      ...['abcdefghijklmnopqrstuvwxyz0123456789', `${KEY.slice(0, 20)}${KEY.slice(0, 20)}`],
      'super-secret-jwt-token-with-at-least-32-characters-long',
    ],
  },
  SECRET_KEY_PREVIOUS: {
    member: 'secretKeyPrevious',
    others: { SECRET_KEY: KEY },
    good: [[OTHER_KEY, Buffer.from(OTHER_KEY)]],
    bad: ['short', 'y'.repeat(40)],
  },
  JWT_ALGORITHM: {
    member: 'jwtAlgorithm',
    good: [['ES256', 'ES256']],
    bad: ['none', 'hs256', 'RS256', 'toString'],
  },
  ACCESS_TOKEN_TTL: {
    member: 'accessTokenTtl',
    good: [
      ['10s', 10_000],
      ['1d', DAY],
    ],
    bad: [
      '0s',
      '25h',
      '30',
      '30min',
      '30 m',
      '-1m',
      '1.5h',
      '1e3s',
      '030m',
      '30M',
      '9'.repeat(400),
    ],
  },
  REFRESH_TOKEN_TTL: {
    member: 'refreshTokenTtl',
    good: [
      ['30m', 30 * MINUTE],
      ['90d', 90 * DAY],
    ],
    bad: ['29m', '401d', '1y', 'forever'],
  },
  SESSION_MAX_AGE: {
    member: 'sessionMaxAge',
    good: [
      ['30d', 30 * DAY],
      ['400d', 400 * DAY],
    ],
    bad: ['29d', '401d', '0d'],
  },
  BCRYPT_COST: {
    member: 'bcryptCost',
    good: [
      ['10', 10],
      ['15', 15],
    ],
    bad: ['9', '4', '16', '12.0'],
  },
  HASH_THREADS: { member: 'hashThreads', good: [['64', 64]], bad: ['0', '65'] },
  REGISTRATION: { member: 'registration', good: [['closed', 'closed']], bad: ['Open', 'false'] },
  PASSWORD_MIN_LENGTH: { member: 'passwordMinLength', good: [['15', 15]], bad: ['7', '129'] },
  REGISTER_LIMIT: {
    member: 'registerLimit',
    good: [
      ['5/s', { count: 5, perMs: 1000 }],
      ['60/h', { count: 60, perMs: 60 * MINUTE }],
      ['1000/d', { count: 1000, perMs: DAY }],
      ['off', undefined],
    ],
    bad: ['0/h', '60', '60/hour', '60 / h', '-1/m', 'none', '60/60m'],
  },
  TRUST_PROXY: {
    member: 'trustProxy',
    good: [
      ['10.0.0.0/8', ['10.0.0.0/8']],
      ['127.0.0.1, ::1,fd00::/8', ['127.0.0.1', '::1', 'fd00::/8']],
    ],
    bad: [
      ...['true', '1', 'loopback', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '0.0.0.0/0', '::/0'],
      ...['10.0.0', 'proxy.local', '10.0.0.1,,::1', '::1/129', '*', 'fe80::1%eth0'],
    ],
  },
  CORS_ORIGINS: {
    member: 'corsOrigins',
    good: [
      ['https://a.example', ['https://a.example']],
      ['http://localhost:5173,https://b.example', ['http://localhost:5173', 'https://b.example']],
    ],
    bad: [
      '*',
      'https://a.example/',
      'https://a.example/x',
      'a.example',
      'null',
      'https://*.example/',
    ],
  },
  MAX_RECORDS_PER_USER: {
    member: 'maxRecordsPerUser',
    good: [
      ['0', 0],
      ['5000000', 5_000_000],
    ],
    bad: ['-1', '1e6', '1000000000', '5m'],
  },
  MAX_IDEMPOTENCY_KEYS_PER_USER: {
    member: 'maxIdempotencyKeysPerUser',
    good: [
      ['0', 0],
      ['100000', 100_000],
    ],
    bad: ['-1', '1e6', '1000000000'],
  },
  MAX_IMPORT_SIZE: {
    member: 'maxImportSize',
    good: [
      ['1kb', 1024],
      ['1024mb', 1_073_741_824],
    ],
    bad: ['0kb', '1gb', '1048577mb', '100'],
  },
  MAX_IMPORT_TEMP_SIZE: {
    member: 'maxImportTempSize',
    good: [['4096mb', 4_294_967_296]],
    bad: ['0kb', '1048577mb'],
  },
  MAX_IMPORTS_PER_USER: { member: 'maxImportsPerUser', good: [['1', 1]], bad: ['0', '101'] },
  MAX_EXPORTS_PER_USER: { member: 'maxExportsPerUser', good: [['2', 2]], bad: ['0', '101'] },
  MAX_SESSIONS_PER_USER: { member: 'maxSessionsPerUser', good: [['5', 5]], bad: ['0', '1001'] },
  MAX_TOKENS_PER_USER: { member: 'maxTokensPerUser', good: [['5', 5]], bad: ['0', '1001'] },
  MAX_CONNECTIONS_PER_NETWORK: {
    member: 'maxConnectionsPerNetwork',
    good: [
      ['0', 0],
      ['1000', 1000],
    ],
    bad: ['-1', '1e6', '1000001'],
  },
  MAX_EVENTS_PER_USER: {
    member: 'maxEventsPerUser',
    good: [
      ['0', 0],
      ['100000', 100_000],
    ],
    bad: ['-1', '1000000000'],
  },
  BODY_LIMIT: {
    member: 'bodyLimit',
    good: [
      ['64kb', 65_536],
      ['1mb', 1_048_576],
    ],
    bad: ['64', '64k', '64KB', '0kb', '11mb', '1gb', '1.5mb'],
  },
  WEB_CONCURRENCY: { member: 'webConcurrency', good: [['4', 4]], bad: ['0', '129', 'max'] },
  ADMIN_NAME: {
    member: 'adminName',
    others: { ADMIN_PASSWORD_FILE: 'package.json' },
    good: [['Ada Lovelace', 'Ada Lovelace']],
    bad: ['a:b', 'x'.repeat(51), 'a\u202eb', 'a\nb'],
  },
  ADMIN_PASSWORD_FILE: {
    member: 'adminPasswordFile',
    others: { ADMIN_NAME: 'ada' },
    good: [['package.json', resolve('package.json')]],
    bad: ['a\0b'],
  },
  AUDIT_RETENTION: { member: 'auditRetention', good: [['365d', 365 * DAY]], bad: ['0d', '9999d'] },
  LOG_LEVEL: { member: 'logLevel', good: [['silent', 'silent']], bad: ['verbose', 'INFO'] },
  LOG_FORMAT: { member: 'logFormat', good: [['pretty', 'pretty']], bad: ['text', 'JSON'] },
  SHUTDOWN_TIMEOUT: { member: 'shutdownTimeout', good: [['1m', MINUTE]], bad: ['0s', '11m'] },
  SQLITE_SYNCHRONOUS: {
    member: 'sqliteSynchronous',
    good: [['NORMAL', 'NORMAL']],
    bad: ['normal', 'OFF', '1'],
  },
  NODE_ENV: { member: 'nodeEnv', good: [['staging', 'staging']], bad: ['a b', 'x'.repeat(41)] },
};

describe('each variable', () => {
  it('is in this test', () => {
    const named = Object.values(VARIABLES).map(variable => variable.name);
    expect([...Object.keys(ROWS), ...FILES].sort()).toEqual(named.sort());
  });

  for (const [name, { others, member, good, bad }] of Object.entries(ROWS)) {
    it.each(good)(`${name} takes %j`, (text, value) => {
      expect(loadConfig({ ...others, [name]: text }, '')[member]).toEqual(value);
    });

    it.each(bad)(`${name} refuses %j in one line that names it`, text => {
      const { message, exitCode } = failing({ ...others, [name]: text });
      expect(message).toMatch(new RegExp(`^${name} `));
      expect(message).not.toMatch(/[\r\n]/);
      expect(exitCode).toBe(78);
    });
  }
});
