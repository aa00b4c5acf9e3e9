import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../test/support/fresh-database.js';
import { INSERT, ledgerSchema } from '../../test/support/ledger.js';
import { sqlitePath } from './data-source.js';
import { Database } from './database.js';
import { DRIVER_PACKAGE } from './sqlite-driver.js';

describe('the writer of a SQLite file', () => {
  const log = { info: vi.fn(), warn: vi.fn() };
  let fresh: FreshDatabase;
  let database: Database;

  beforeEach(async () => {
    vi.clearAllMocks();
    fresh = await freshDatabase('sqlite');
    database = await Database.open(fresh, log, ledgerSchema);
  });

  afterEach(async () => {
    await database.close();
    await fresh.remove();
  });

  const insert = (note: string) => database.run(INSERT, [1, note]);

  const count = async () =>
    (await database.get<{ n: number }>('SELECT count(*) AS n FROM ledger'))?.n;

  const pragma = (name: string) =>
    database.write(async tx => Object.values((await tx.get<object>(`PRAGMA ${name}`)) ?? {})[0]);

  it('waits for the disk at every commit, and enforces references', async () => {
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('foreign_keys')).toBe(1);
    expect(await pragma('busy_timeout')).toBe(0);
  });

  it('takes synchronous=NORMAL where it is asked for', async () => {
    await database.close();
    database = await Database.open({ ...fresh, synchronous: 'NORMAL' }, log, ledgerSchema);

    expect(await pragma('synchronous')).toBe(1);
  });

  it('commits together what waits together', async () => {
    const before = database.counts.commits;
    await Promise.all(Array.from({ length: 500 }, (_, index) => insert(`n${index}`)));

    expect(await count()).toBe(500);
    expect(database.counts.commits - before).toBeLessThanOrEqual(10);
  });

  it('commits together what reaches the process in one turn of its event loop', async () => {
    const before = database.counts.commits;
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await new Promise(resolve => setImmediate(resolve));
        await insert(`n${index}`);
      }),
    );

    expect(database.counts.commits - before).toBe(1);
  });

  it('answers no unit before the commit, neither with success nor with failure', async () => {
    const committed = vi.fn();
    const doomed = database.write(async tx => {
      await tx.run('CREATE TABLE child (parent INTEGER REFERENCES ledger (id)) STRICT');
      await tx.all('PRAGMA defer_foreign_keys = ON');
      await tx.run('INSERT INTO child VALUES (99)');
    });
    const others = [
      insert('a').then(committed),
      database.write(() => Promise.reject(new Error('aborted'))),
      insert('b').then(committed),
    ];

    for (const each of [doomed, ...others]) {
      await expect(each).rejects.toMatchObject({
        code: 'unavailable',
        cause: { message: expect.stringContaining('FOREIGN KEY') },
      });
    }
    expect(committed).not.toHaveBeenCalled();
    expect(await count()).toBe(0);
    await insert('c');
    expect(await count()).toBe(1);
  });

  it('answers 507 while the disk is full, reads on, and writes again when there is room', async () => {
    await insert('before');
    await pragma('max_page_count = 1');
    const large = 'x'.repeat(100_000);
    await expect(insert(large)).rejects.toMatchObject({
      code: 'storage_full',
      headers: { 'retry-after': '1' },
    });
    expect(await count()).toBe(1);
    await pragma('max_page_count = 1000000');
    await insert(large);

    expect(await count()).toBe(2);
  });

  it('stores nothing of a batch whose transaction SQLite gave up, nor of the rest of its unit', async () => {
    const results = await Promise.allSettled([
      insert('a'),
      database.write(async tx => {
        await tx.run(INSERT, [1, 'b']);
        // What SQLite does by itself when the disk fails in the middle.
        await tx.run('ROLLBACK');
        await tx.run(INSERT, [1, 'c']);
      }),
      insert('d'),
    ]);

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await database.all('SELECT note FROM ledger')).toEqual([{ note: 'd' }]);
  });

  it('waits for another process without stopping the event loop', async () => {
    const other = await holdLock(sqlitePath(fresh.url));
    const gaps = watchEventLoop();
    const written = insert('a');
    await sleep(300);
    expect(await count()).toBe(0);
    await other.release();
    await written;

    // SQLite's own waiting would take five seconds, and keep this process from letting go.
    expect(gaps()).toBeLessThan(1_000);
    expect(await count()).toBe(1);
  });

  it('answers 503 after five seconds of waiting for another process', async () => {
    const other = await holdLock(sqlitePath(fresh.url));
    const started = performance.now();
    await expect(insert('a')).rejects.toMatchObject({
      code: 'unavailable',
      headers: { 'retry-after': '1' },
    });
    expect(performance.now() - started).toBeLessThan(9_000);
    await other.release();
    await insert('b');

    expect(await count()).toBe(1);
  });

  it('runs each unit in the asynchronous context of who asked for it', async () => {
    const request = new AsyncLocalStorage<number>();
    const ask = (id: number) =>
      request.run(id, () => database.write(() => Promise.resolve(request.getStore())));

    expect(await Promise.all([1, 2, 3].map(ask))).toEqual([1, 2, 3]);
  });

  it('warns of a unit that holds up the others for more than a second', async () => {
    await database.write(() => sleep(1_050));

    expect(log.warn).toHaveBeenCalledWith({ ms: expect.any(Number) }, expect.any(String));
  });

  it('lets what waits finish when it closes, and leaves everything in one file', async () => {
    const written = Promise.all([insert('a'), insert('b')]);
    await database.close();
    await written;
    expect(existsSync(`${sqlitePath(fresh.url)}-wal`)).toBe(false);
    database = await Database.open(fresh, log, ledgerSchema);

    expect(await count()).toBe(2);
  });
});

/** Another process that holds the writer's lock until `release`. */
async function holdLock(file: string): Promise<{ release(): Promise<void> }> {
  const script = `
    const db = require('${DRIVER_PACKAGE}')(process.argv[1]);
    db.exec('BEGIN IMMEDIATE');
    process.stdout.write('locked');
    process.stdin.once('data', () => { db.exec('COMMIT'); process.exit(); });`;
  const child = spawn(process.execPath, ['-e', script, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    release: async () => {
      child.stdin.write('go');
      await once(child, 'exit');
    },
  };
}

/** The longest time, in milliseconds, in which nothing else could run. */
function watchEventLoop(): () => number {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  return () => {
    clearInterval(timer);
    return longest;
  };
}
