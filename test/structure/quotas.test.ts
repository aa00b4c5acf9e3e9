import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import { entities } from '../../src/database/entities.js';
import { createDataSource } from '../../src/database/data-source.js';
import { ROOT } from '../support/process.js';

/** What bounds the rows of each table: a variable, or a sentence. */
const BOUNDS: Readonly<Record<string, string>> = {
  authors: 'MAX_RECORDS_PER_USER',
  idempotency_keys: 'MAX_IDEMPOTENCY_KEYS_PER_USER',
  sessions: 'MAX_SESSIONS_PER_USER',
  personal_tokens: 'MAX_TOKENS_PER_USER',
  trusted_devices: '100 for each user (trust.repository.ts)',
  known_networks: 'one for each network that a user logs in from, for 30 days',
  one_time_codes: 'one of each kind for each user',
  users: 'REGISTER_LIMIT',
  auth_throttle: 'swept when full again; each network adds rows at a limited rate',
  events:
    'MAX_EVENTS_PER_USER by a user, one an hour and network by strangers, within AUDIT_RETENTION',
  signing_keys: 'made by the product, not by users',
};

/** What bounds each route that changes something and that strangers may call. */
const OPEN_ROUTES: Readonly<Record<string, string>> = {
  'POST /register': 'REGISTER_LIMIT, by network',
  'GET /login': 'LOGIN_LIMITS, by address, network and name',
  'POST /login': 'LOGIN_LIMITS, by address, network and name',
  'POST /password-reset': 'ANONYMOUS_LIMITS.reset, by address and network',
  'POST /token/refresh':
    'nothing is stored for a token that the server did not sign; then by session',
};

describe('what strangers can do', () => {
  it('has a bound for every route that changes something', () => {
    const { paths } = JSON.parse(readFileSync(`${ROOT}openapi.json`, 'utf8')) as {
      paths: Record<string, Record<string, { security?: object[] }>>;
    };
    const open = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { security = [] }]) => !security.some(each => 'bearer' in each))
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    const acting = open.filter(route => !route.startsWith('GET ') || route in OPEN_ROUTES);
    expect(acting.toSorted()).toEqual(Object.keys(OPEN_ROUTES).toSorted());
  });
});

describe('what users can store', () => {
  it('has a bound for every table', async () => {
    const dataSource = await createDataSource({ url: 'sqlite::memory:' }).initialize();
    const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    await dataSource.destroy();
    expect(tables).toHaveLength(entities.length);
    expect(Object.keys(BOUNDS).toSorted()).toEqual(tables.toSorted());
  });

  it('names variables that exist', () => {
    const names = Object.values<{ name: string }>(VARIABLES).map(({ name }) => name);
    const named = Object.values(BOUNDS).flatMap(text => text.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? []);
    expect(named.filter(name => !names.includes(name))).toEqual([]);
  });
});
