import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SECRET, databases } from '../support/app.js';
import type { DatabaseKind } from '../support/app.js';
import { freshDatabase } from '../support/fresh-database.js';
import { ROOT, ServerProcess } from '../support/process.js';
import { makeFirstRelease } from '../database/first-release.js';
import { Driver } from '../../src/database/sqlite-driver.js';

const RECORDS = Number(process.env.UPGRADE_RECORDS ?? 1_000_000);
const READ = 'SELECT name FROM authors WHERE owner_id = 1 ORDER BY id LIMIT 20';
const WRITE = "UPDATE users SET updated_at = updated_at + 1 WHERE name_key = 'ada'";

/** What another client of the database asks; each call resolves when it was answered. */
interface Client {
  ask(sql: string): Promise<unknown>;
  close(): Promise<unknown>;
}

async function clientOf(kind: DatabaseKind, url: string): Promise<Client> {
  if (kind === 'postgres') {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return { ask: sql => client.query(sql), close: () => client.end() };
  }
  const db = new Driver(url.slice('sqlite:'.length), { timeout: 0 });
  const attempt = async (sql: string): Promise<unknown> => {
    try {
      return sql === READ ? db.prepare(sql).all() : db.prepare(sql).run();
    } catch {
      await sleep(20);
      return attempt(sql);
    }
  };
  return { ask: attempt, close: async () => db.close() };
}

/** Asks again and again until it is stopped; the longest wait in seconds. */
function probe(client: Client, sql: string) {
  let longest = 0;
  let goesOn = true;
  const running = (async () => {
    while (goesOn) {
      const began = performance.now();
      await client.ask(sql);
      longest = Math.max(longest, performance.now() - began);
      await sleep(20);
    }
  })();
  return async () => {
    goesOn = false;
    await running;
    await client.close();
    return (longest / 1_000).toFixed(1);
  };
}

describe.each(databases())('an upgrade with many records on %s', kind => {
  test('says how long others wait', async () => {
    const fresh = await freshDatabase(kind);
    await makeFirstRelease(kind, fresh, RECORDS);
    const reads = probe(await clientOf(kind, fresh.directUrl), READ);
    const writes = probe(await clientOf(kind, fresh.directUrl), WRITE);
    const began = performance.now();
    const env = { DATABASE_URL: fresh.url, SECRET_KEY: SECRET };
    const server = await ServerProcess.start({ cwd: ROOT, env });
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    console.table([
      {
        database: kind,
        records: RECORDS,
        'seconds of the start': seconds,
        'longest wait of a read (s)': await reads(),
        'longest wait of a write (s)': await writes(),
      },
    ]);
    expect(await server.stop()).toBe(0);
    await fresh.remove();
  });
});
