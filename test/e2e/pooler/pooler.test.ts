import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { SECRET } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { freshDatabase } from '../../support/fresh-database.js';
import type { FreshDatabase } from '../../support/fresh-database.js';
import { hasPooler, Pooler } from '../../support/pooler.js';
import { ServerProcess, runBuilt } from '../../support/process.js';
import { expectOneRowEach, keepAdding } from '../replicas/load.js';

const READERS = 60;
const READS = 100;

/** Two replicas, so that statements of one run in sessions that the other has used. */
describe.runIf(hasPooler && inject('postgresUrl'))('PgBouncer in transaction mode', () => {
  let database: FreshDatabase;
  let direct: pg.Client;
  let pooler: Pooler;
  let cwd: string;
  let replicas: ServerProcess[];
  let account: Account;

  const environment = (): Record<string, string> => ({
    DATABASE_URL: pooler.url(database.directUrl),
    SECRET_KEY: SECRET,
    REGISTER_LIMIT: 'off',
  });
  const ask = (method: string, to: string, options: object = {}, at = 0): Promise<Answer> =>
    call(replicas[at].url, method, to, { token: account.token, ...options });
  const sessions = async (): Promise<Record<string, string>[]> => {
    const { rows } = await direct.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    return rows as never;
  };

  beforeAll(async () => {
    database = await freshDatabase('postgres');
    direct = new pg.Client({ connectionString: database.directUrl });
    await direct.connect();
    pooler = await Pooler.start(inject('postgresUrl')!);
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-pooler-'));
    // At once, on an empty database.
    replicas = await Promise.all(
      [0, 1].map(() => ServerProcess.start({ cwd, env: environment() })),
    );
    account = await newAccount(replicas[0].url);
  }, 60_000);
  afterAll(async () => {
    await Promise.all((replicas ?? []).map(replica => replica.stop('SIGKILL')));
    await pooler?.stop();
    await direct?.end();
    await database?.remove();
    rmSync(cwd, { recursive: true, force: true });
  });

  test('is found out: two replicas start, and one of them migrates', () => {
    const migrating = replicas.filter(({ lines }) =>
      lines.some(line => line.includes('"migrations":[')),
    );
    expect(migrating).toHaveLength(1);
  });

  test(`serves ${READERS} clients that read at once ${READS} times`, async () => {
    const lines = Array.from({ length: 50 }, (_, index) =>
      JSON.stringify({ name: `Author ${index}`, book: `Book ${index}`, country: 'Ireland' }),
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    const imported = await ask('POST', '/authors/import', { body: lines.join('\n'), headers });
    expect(imported.body).toMatchObject({ created: 50 });
    const { body } = await ask('GET', '/authors?limit=50');
    const ids: number[] = body.list_of_authors.map(({ id }: { id: number }) => id);
    const paths = ['/authors?limit=20', '/authors?q=author', '/users/me', '/authors?sort=-name'];
    const counts: Record<number, number> = {};
    const since = performance.now();
    const read = async (reader: number): Promise<void> => {
      for (let index = 0; index < READS; index += 1) {
        const turn = (reader + index) % (paths.length + 1);
        const to = paths[turn] ?? `/authors/${ids[(reader + index) % ids.length]}`;
        const { status } = await ask('GET', to, {}, (reader + index) % 2);
        counts[status] = (counts[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: READERS }, (_, reader) => read(reader)));
    const seconds = ((performance.now() - since) / 1_000).toFixed(1);
    console.log(`pooler: ${READERS} × ${READS} reads in ${seconds} s, ${JSON.stringify(counts)}`);
    expect(counts).toEqual({ 200: READERS * READS });
  }, 90_000);

  test('leaves no setting, lock or prepared statement in a session', async () => {
    const client = new pg.Client({ connectionString: pooler.url(database.directUrl) });
    await client.connect();
    const { rows } = await client.query(
      `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
        (SELECT count(*)::int FROM pg_prepared_statements WHERE name <> '') AS prepared,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`,
    );
    await client.end();
    expect(rows).toEqual([{ statement: '0', lock: '0', prepared: 0, locks: 0 }]);
  });

  test('ends a write that waits for a lock, on the server too', async () => {
    await direct.query('BEGIN');
    await direct.query('LOCK TABLE authors IN ACCESS EXCLUSIVE MODE');
    const json = { name: 'Paul Lynch', book: 'Prophet Song', country: 'Ireland' };
    const answers = await Promise.all([
      ask('POST', '/author', { json }),
      ask('GET', '/authors/1', {}, 1),
    ]);
    for (const { status, headers } of answers) {
      expect(status).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const waiting = async (): Promise<number> => {
      const { rows } = await direct.query(
        'SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted',
      );
      return rows[0].n as number;
    };
    await vi.waitFor(async () => expect(await waiting()).toBe(0), 6_000);
    await direct.query('ROLLBACK');
    expect((await ask('POST', '/author', { json })).status).toBe(201);
  }, 30_000);

  test('exports, backs up, and imports by the command line', async () => {
    const exported = await ask('GET', '/authors/export?format=json');
    expect(exported.body).toHaveLength(51);
    const commands = [
      ['backup', path.join(cwd, 'backup.db')],
      ['export', path.join(cwd, 'authors.csv'), '--user', account.name],
      ['keys', 'list'],
    ];
    for (const args of commands) {
      const { code, stderr } = await runBuilt('cli.js', args, { cwd, env: environment() });
      expect([args[0], code, code === 0 ? '' : stderr]).toEqual([args[0], 0, '']);
    }
  }, 60_000);

  test('that lets statements wait: 503 within seconds, then everything as before', async () => {
    await pooler.paused(async () => {
      const since = performance.now();
      const json = { name: 'Paul Lynch', book: 'Grace', country: 'Ireland' };
      const answers = await Promise.all([
        ask('GET', '/authors?limit=1'),
        ask('POST', '/author', { json }, 1),
        call(replicas[1].url, 'GET', '/health/ready'),
      ]);
      for (const { status, headers } of answers) {
        expect(status).toBe(503);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect(performance.now() - since).toBeLessThan(8_000);
    });
    await vi.waitFor(async () => expect((await ask('GET', '/authors?limit=1')).status).toBe(200));
    expect((await call(replicas[1].url, 'GET', '/health/ready')).status).toBe(200);
  }, 30_000);

  test('restarted under load: 503 for a while, then everything as before, each record once', async () => {
    const { token } = await newAccount(replicas[0].url);
    const load = keepAdding(
      replicas.map(({ url }) => url),
      token,
      8,
    );
    await load.until(20);
    await pooler.halt();
    expect((await call(replicas[0].url, 'GET', '/health/ready')).status).toBe(503);
    await pooler.resume();
    await load.until(load.added.names.length + 30);
    const { names, failures } = await load.stop();
    const statuses = failures.map(each => (typeof each === 'string' ? each : each.status));
    expect(statuses.filter(status => status !== 503 && status !== 409)).toEqual([]);
    expect(statuses).toContain(503);
    await expectOneRowEach(replicas[0].url, token, names);
  }, 60_000);

  test('sessions that PostgreSQL ends: reads are repeated, writes answer 201 or 503', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (const { pid } of await sessions()) {
        await direct.query('SELECT pg_terminate_backend($1)', [pid]);
      }
      const json = { name: 'Round', book: `Book ${round}`, country: 'Ireland' };
      const answers = [
        await ask('GET', '/authors?limit=1'),
        await ask('POST', '/author', { json }),
      ];
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(statuses.filter(status => ![200, 201, 503].includes(status))).toEqual([]);
    await vi.waitFor(async () => expect((await ask('GET', '/authors?limit=1')).status).toBe(200));
  }, 60_000);
});
