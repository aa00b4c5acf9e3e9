import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import { entities } from '../../src/database/entities.js';
import { createDataSource } from '../../src/database/data-source.js';

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
