import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { startApp } from '../support/app.js';
import { newAccount } from '../support/client.js';
import { freshDatabase, testDialects } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFirstRelease } from './first-release.js';

const AUTHORS = 1_200;

const COLUMNS = {
  sqlite: `SELECT m.name || '.' || c.name AS name FROM sqlite_master m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE '%search%' UNION SELECT name FROM sqlite_master ORDER BY 1`,
  postgres: `SELECT table_name || '.' || column_name || ' ' || data_type || is_nullable AS name
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`,
} as const;

describe.each(testDialects())('an upgrade from the first release on %s', dialect => {
  let old: FreshDatabase;
  let fresh: FreshDatabase;
  let database: Database;

  beforeEach(async () => {
    old = await freshDatabase(dialect);
    fresh = await freshDatabase(dialect);
    await makeFirstRelease(dialect, old, AUTHORS);
    database = await Database.open({ url: old.url });
  });
  afterEach(async () => {
    await database.close();
    await old.remove();
    await fresh.remove();
  });

  it('has the schema of a new database', async () => {
    const other = await Database.open({ url: fresh.url });
    expect(await database.all(COLUMNS[dialect])).toEqual(await other.all(COLUMNS[dialect]));
    await other.close();
  });

  it('keeps the rows of every table', async () => {
    const one = (sql: string) => database.get<Record<string, unknown>>(sql);
    expect(await one('SELECT * FROM users')).toMatchObject({ name: 'Ada', name_key: 'ada' });
    expect(await one('SELECT * FROM sessions')).toMatchObject({ id: 'session', user_id: 1 });
    expect(await one('SELECT * FROM events')).toMatchObject({ actor: 'ada-id' });
    expect(await one('SELECT * FROM personal_tokens')).toMatchObject({ name: 'backup' });
    for (const table of [
      'signing_keys',
      'auth_throttle',
      'trusted_devices',
      'known_networks',
      'one_time_codes',
      'idempotency_keys',
    ]) {
      expect([table, await one(`SELECT count(*) AS n FROM ${table}`)]).toEqual([table, { n: 1 }]);
    }
    expect(await one('SELECT count(*) AS n, min(version) AS v FROM authors')).toEqual({
      n: AUTHORS,
      v: 3,
    });
    expect(await one("SELECT * FROM authors WHERE name_key = 'émile 7'")).toMatchObject({
      name: 'Émile 7',
      name_sort: 'emile 7',
    });
  });

  it('serves', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'library-api-upgrade-'));
    const app = await startApp(dialect, { on: { databaseUrl: old.url, dataDir } });
    expect((await newAccount(app.url)).token).toBeTruthy();
    await app.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
