import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  vi,
} from 'vitest';
import { INSERT, ledgerSchema } from '../../test/support/ledger.js';
import { startPostgres } from '../../test/support/postgres.js';
import type { PostgresServer } from '../../test/support/postgres.js';
import { Wire } from '../../test/support/wire.js';
import { Database } from './database.js';

/** On a separate server, which is stopped, hung and overloaded. */
describe.skipIf(inject('postgresUrl') === undefined)('a PostgreSQL that is not well', () => {
  let server: PostgresServer;
  let observer: pg.Client;
  let database: Database;
  const log = { info: vi.fn(), warn: vi.fn() };

  const observe = async () => {
    observer = new pg.Client({ connectionString: server.url }).on('error', () => undefined);
    await observer.connect();
  };

  beforeAll(async () => {
    server = await startPostgres();
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    await observe();
    database = await Database.open({ url: server.url, pool: 4 }, log, ledgerSchema);
    await observer.query('TRUNCATE ledger');
  });

  afterEach(async () => {
    await database.close();
    await observer.end().catch(() => undefined);
  });

  const insert = (note: string) => database.run(INSERT, [1, note]);

  const connections = async () => {
    const { rows } = await observer.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'library-api'",
    );
    return rows.map(({ pid }) => pid);
  };

  const unavailable = { code: 'unavailable', headers: { 'retry-after': '1' } };

  it('loses nothing acknowledged over a restart, and is back after it', async () => {
    const load = writeWithoutPause(database);
    await sleep(100);
    await server.halt();
    await sleep(200);
    await expect(database.ping()).rejects.toMatchObject(unavailable);
    await server.start();
    await vi.waitFor(() => database.ping(), { timeout: 5_000, interval: 20 });
    await insert('after');
    const { acknowledged, refused } = await load.stop();

    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(error => (error as { code?: string }).code))).toEqual(
      new Set(['unavailable']),
    );
    const rows = await database.all<{ note: string }>('SELECT note FROM ledger');
    const kept = new Set(rows.map(({ note }) => note));
    expect(acknowledged.filter(note => !kept.has(note))).toEqual([]);
  });

  it('answers within about five seconds while the server hangs, and recovers', async () => {
    await Promise.all(Array.from({ length: 8 }, () => database.all('SELECT pg_sleep(0.01)')));
    const hung = await connections();
    hung.forEach(pid => process.kill(pid, 'SIGSTOP'));
    const started = performance.now();
    const results = await Promise.allSettled([
      database.write(tx => tx.run(INSERT, [1, 'hung'])),
      ...Array.from({ length: 4 }, () => database.get('SELECT 1 AS one')),
    ]);
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(await database.get('SELECT 1 AS one')).toEqual({ one: 1 });
    hung.forEach(pid => process.kill(pid, 'SIGCONT'));

    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(await database.get('SELECT 1 AS one')).toEqual({ one: 1 });
    await vi.waitFor(async () => expect((await connections()).length).toBeLessThanOrEqual(4));
  });

  it('refuses after five seconds what finds no free connection', async () => {
    let free = (): void => undefined;
    const held = new Promise<void>(resolve => {
      free = resolve;
    });
    const holders = Array.from({ length: 4 }, () => database.write(() => held));
    const started = performance.now();
    await expect(insert('a')).rejects.toMatchObject(unavailable);
    expect(performance.now() - started).toBeLessThan(8_000);
    free();
    await Promise.all(holders);

    expect(await insert('b')).toBe(1);
    expect(await connections()).toHaveLength(4);
  });

  it('serves ten times as many clients as it has connections, who ask without pause', async () => {
    const client = async (): Promise<void> => {
      for (let i = 0; i < 50; i += 1) {
        await database.get('SELECT 1 AS one');
      }
    };
    await Promise.all(Array.from({ length: 40 }, client));
  });

  it('refuses at once what comes while many have waited for a while, and nothing after it', async () => {
    let free = (): void => undefined;
    const held = new Promise<void>(resolve => {
      free = resolve;
    });
    const holders = Array.from({ length: 4 }, () => database.write(() => held));
    const read = () => database.get('SELECT 1 AS one');
    const waiting = Array.from({ length: 20 }, read);
    await sleep(700);
    const started = performance.now();
    await expect(read()).rejects.toMatchObject(unavailable);
    await expect(insert('a')).rejects.toMatchObject(unavailable);
    expect(performance.now() - started).toBeLessThan(500);
    free();
    await Promise.all([...holders, ...waiting]);

    expect(await read()).toEqual({ one: 1 });
    expect(await insert('b')).toBe(1);
  });

  it('runs again what met a deadlock', async () => {
    await insert('x');
    await insert('y');
    const touch = (first: string, second: string) =>
      database.write(async tx => {
        for (const note of [first, second]) {
          await tx.run('UPDATE ledger SET account = account + 1 WHERE note = $1', [note]);
          await sleep(2);
        }
      });
    await observer.query("ALTER SYSTEM SET deadlock_timeout = '10ms'");
    await observer.query('SELECT pg_reload_conf()');
    await Promise.all([touch('x', 'y'), touch('y', 'x')]);

    const { rows } = await observer.query('SELECT DISTINCT account FROM ledger');
    expect(rows).toEqual([{ account: '3' }]);
  });

  it('does not acknowledge a unit that went on after a statement failed', async () => {
    await insert('a');
    const unit = database.write(async tx => {
      await tx.run(INSERT, [1, 'b']);
      await tx.run(INSERT, [1, 'a']).catch(() => undefined);
    });
    await expect(unit).rejects.toThrow('a statement failed');

    expect(await database.all('SELECT note FROM ledger')).toEqual([{ note: 'a' }]);
  });

  it.each([
    ['a unit', (note: string) => database.write(tx => tx.run(INSERT, [1, note]))],
    ['a statement', insert],
  ])(
    'does not acknowledge %s whose wait for the synchronous standby was cancelled',
    async (_, add) => {
      const set = async (names: string) => {
        await observer.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
        await observer.query('SELECT pg_reload_conf()');
      };
      // Test servers do not wait for any flush.
      await observer.query('ALTER DATABASE postgres SET synchronous_commit = on');
      await database.close();
      database = await Database.open({ url: server.url, pool: 4 }, log, ledgerSchema);
      await set('absent');
      try {
        const cancel = () =>
          observer.query(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
          );
        // Without this wait the reload may come after the commit.
        await sleep(200);
        const added = add('unsure').then(
          () => 'stored',
          (error: unknown) => (error as { code: string }).code,
        );
        await vi.waitFor(async () => expect((await cancel()).rowCount).toBe(1), 3_000);
        expect(await added).toBe('unavailable');
      } finally {
        await set('');
        await observer.query('ALTER DATABASE postgres RESET synchronous_commit');
      }
      await vi.waitFor(() => insert('after'), 8_000);
    },
  );

  it('continues when another process changes a table whose statements are prepared', async () => {
    await database.close();
    database = await Database.open({ url: server.url, pool: 1 }, log, ledgerSchema);
    await insert('a');
    const read = () => database.get('SELECT * FROM ledger');
    const change = () => database.write(tx => tx.get('UPDATE ledger SET account = 2 RETURNING *'));
    await read();
    await change();
    await observer.query('ALTER TABLE ledger ADD COLUMN added bigint');
    try {
      expect(await change()).toHaveProperty('added');
      expect(await read()).toHaveProperty('added');
    } finally {
      await observer.query('ALTER TABLE ledger DROP COLUMN added');
    }
  });

  it('replaces a connection to a server that takes no more writes', async () => {
    await database.close();
    database = await Database.open({ url: server.url, pool: 1 }, log, ledgerSchema);
    const { master } = database.dataSource.driver as unknown as { master: pg.Pool };
    await master.query('SET default_transaction_read_only = on');
    await expect(insert('a')).rejects.toMatchObject(unavailable);
    expect(await insert('b')).toBe(1);
  });

  it('prepares no statement and changes no session if a pooler may be between', async () => {
    const prepared = () => database.get('SELECT count(*) AS n FROM pg_prepared_statements');
    for (const [pooler, n, timeout] of [
      [undefined, 1, '10s'],
      ['transaction', 0, '0'],
    ] as const) {
      await database.close();
      database = await Database.open({ url: server.url, pool: 1, pooler }, log, ledgerSchema);
      expect(await prepared()).toEqual({ n });
      const { master } = database.dataSource.driver as unknown as { master: pg.Pool };
      const { rows } = await master.query('SHOW statement_timeout');
      expect(rows).toEqual([{ statement_timeout: timeout }]);
      expect(await database.write(tx => tx.get('SHOW lock_timeout'))).toEqual({
        lock_timeout: '5s',
      });
      expect(await insert(`pooler ${n}`)).toBe(1);
    }
  });

  it('keeps half of the connections for others while long answers are read', async () => {
    await database.run(
      "INSERT INTO ledger (account, note) SELECT 1, 'n' || generate_series(1, 1000)",
    );
    const streams = [1, 2, 3].map(() => database.stream('SELECT * FROM ledger'));
    await streams[0].next();
    await streams[1].next();
    await expect(streams[2].next()).rejects.toMatchObject(unavailable);
    expect(await database.get('SELECT 1 AS one')).toEqual({ one: 1 });
    await Promise.all(streams.map(stream => stream.return(undefined)));

    for await (const row of database.stream('SELECT 1 AS one')) {
      expect(row).toEqual({ one: 1 });
    }
  });

  it.each([
    ['read on', (rows: AsyncGenerator) => toEnd(rows)],
    ['left', (rows: AsyncGenerator) => rows.return(undefined)],
  ])('ends a long answer whose connection is lost and that is then %s', async (what, go) => {
    const rows = database.stream('SELECT generate_series(1, 1000000) AS n');
    await rows.next();
    const [pid] = await connections();
    for (const each of await connections()) {
      await observer.query('SELECT pg_terminate_backend($1)', [each]);
    }
    await vi.waitFor(async () => expect(await connections()).not.toContain(pid));
    const end = go(rows);
    if (what === 'read on') {
      await expect(end).rejects.toMatchObject(unavailable);
    } else {
      await end;
    }
    expect(await database.get('SELECT 1 AS one')).toEqual({ one: 1 });
  });

  it('ends a long answer whose connection is lost after its last row', async () => {
    const wire = await Wire.to(server.url);
    await database.close();
    database = await Database.open({ url: wire.url, pool: 2 }, log, ledgerSchema);
    await insert('a');
    wire.cutAfter = 'SELECT 1';
    await expect(toEnd(database.stream('SELECT note FROM ledger'))).rejects.toMatchObject(
      unavailable,
    );
    wire.cutAfter = undefined;
    await toEnd(database.stream('SELECT note FROM ledger'));
    await wire.close();
  });

  it('ends a long answer of a server that stands still', async () => {
    const rows = database.stream('SELECT generate_series(1, 1000) AS n');
    await rows.next();
    const hung = await connections();
    hung.forEach(pid => process.kill(pid, 'SIGSTOP'));
    await expect(toEnd(rows)).rejects.toMatchObject(unavailable);
    hung.forEach(pid => process.kill(pid, 'SIGCONT'));
    await vi.waitFor(async () => expect(await connections()).toHaveLength(0));
  });

  it('ends a long answer whose statement fails, and uses its connection again', async () => {
    const rows = database.stream('SELECT 1 / (n - 700) AS n FROM generate_series(1, 1000) AS n');
    await expect(toEnd(rows)).rejects.toMatchObject({ code: '22012' });
    const before = await connections();
    expect(await database.get('SELECT 1 AS one')).toEqual({ one: 1 });
    expect(await connections()).toEqual(before);
  });
});

async function toEnd(rows: AsyncGenerator): Promise<void> {
  for await (const _ of rows) {
    // Read to the end.
  }
}

/** Writes, four at a time, until it is stopped; remembers what was acknowledged. */
function writeWithoutPause(database: Database) {
  const acknowledged: string[] = [];
  const refused: unknown[] = [];
  let running = true;
  const write = async (writer: number) => {
    for (let index = 0; running; index += 1) {
      const note = `w${writer}-${index}`;
      try {
        await database.write(tx => tx.run(INSERT, [1, note]));
        acknowledged.push(note);
      } catch (error) {
        refused.push(error);
        await sleep(5);
      }
    }
  };
  const writers = [1, 2, 3, 4].map(write);
  return {
    stop: async () => {
      running = false;
      await Promise.all(writers);
      return { acknowledged, refused };
    },
  };
}
