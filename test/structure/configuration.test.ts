import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import { ROOT } from '../support/process.js';

const NAMES = Object.values(VARIABLES).map(({ name }) => name);

/** The variables that users were promised. */
const PROMISED = [
  'ACCESS_TOKEN_TTL',
  'ADMIN_NAME',
  'ADMIN_PASSWORD_FILE',
  'AUDIT_RETENTION',
  'BCRYPT_COST',
  'BODY_LIMIT',
  'CORS_ORIGINS',
  'DATABASE_PASSWORD_FILE',
  'DATABASE_POOL',
  'DATABASE_POOLER',
  'DATABASE_URL',
  'DATA_DIR',
  'HASH_THREADS',
  'HOST',
  'JWT_ALGORITHM',
  'LOG_FORMAT',
  'LOG_LEVEL',
  'MAX_CONNECTIONS_PER_NETWORK',
  'MAX_EVENTS_PER_USER',
  'MAX_EXPORTS_PER_USER',
  'MAX_IDEMPOTENCY_KEYS_PER_USER',
  'MAX_IMPORTS_PER_USER',
  'MAX_IMPORT_SIZE',
  'MAX_IMPORT_TEMP_SIZE',
  'MAX_RECORDS_PER_USER',
  'MAX_SESSIONS_PER_USER',
  'MAX_TOKENS_PER_USER',
  'PASSWORD_MIN_LENGTH',
  'PORT',
  'PUBLIC_URL',
  'REFRESH_TOKEN_TTL',
  'REGISTER_LIMIT',
  'REGISTRATION',
  'SECRET_KEY',
  'SECRET_KEY_FILE',
  'SECRET_KEY_PREVIOUS',
  'SESSION_MAX_AGE',
  'SHUTDOWN_TIMEOUT',
  'SQLITE_SYNCHRONOUS',
  'TRUST_PROXY',
  'WEB_CONCURRENCY',
];

const sources = (directory: string): string[] =>
  readdirSync(ROOT + directory, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.[mc]?[jt]s$/.test(file))
    .map(file => `${directory}/${file}`);

const text = (file: string): string => readFileSync(ROOT + file, 'utf8');

describe('the configuration', () => {
  test('has every variable that users were promised, and NODE_ENV', () => {
    expect(NAMES.toSorted()).toEqual([...PROMISED, 'NODE_ENV'].toSorted());
  });

  test('is the one of .env.example, with the same defaults', () => {
    const lines = [...text('.env.example').matchAll(/^#([A-Z_]+)=(.*)$/gm)];
    const shown = Object.fromEntries(lines.map(([, name, value]) => [name, value]));
    const known = Object.values(VARIABLES).map(variable => {
      const standard = 'default' in variable ? variable.default : '';
      return [variable.name, typeof standard === 'string' ? standard : ''];
    });
    expect(shown).toEqual(Object.fromEntries(known));
  });

  test('is read from the environment in src/config alone', () => {
    const readers = sources('src').filter(file => /\bprocess\.env\b/.test(text(file)));
    expect(readers.filter(file => !file.startsWith('src/config/'))).toEqual([]);
    expect(readers).toContain('src/config/config.ts');
  });
});
