import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, freshName, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { freshDatabase } from '../../support/fresh-database.js';
import type { FreshDatabase } from '../../support/fresh-database.js';

describe.runIf(databases().includes('postgres'))('a PostgreSQL that cannot', () => {
  let database: FreshDatabase;
  let dataDir: string;
  let running: RunningApp;
  let account: Account;
  /** The superuser, whom no limit stops. */
  let other: pg.Client;
  const role = `product_${randomBytes(5).toString('hex')}`;

  beforeAll(async () => {
    database = await freshDatabase('postgres');
    dataDir = mkdtempSync(path.join(tmpdir(), 'library-api-faults-'));
    const url = new URL(database.url);
    other = new pg.Client({ connectionString: database.directUrl });
    await other.connect();
    url.password = randomBytes(16).toString('hex');
    url.username = role;
    await other.query(`CREATE ROLE ${role} LOGIN PASSWORD '${url.password}'`);
    await other.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${role}`);
    running = await startApp('postgres', {
      env: { DATABASE_POOL: '3' },
      on: { databaseUrl: url.href, dataDir },
    });
    account = await newAccount(running.url);
  });
  afterEach(async () => {
    await other.query('ROLLBACK');
    await other.query(`ALTER ROLE ${role} RESET ALL`);
    await other.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
  });
  afterAll(async () => {
    await running?.stop();
    await other.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER`);
    await other.query(`DROP ROLE ${role}`);
    await other.end();
    await database.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const add = (): Promise<Answer> => {
    const json = { name: 'Paul Lynch', book: freshName('Prophet Song'), country: 'Ireland' };
    return call(running.url, 'POST', '/author', { token: account.token, json });
  };
  const list = (): Promise<Answer> =>
    call(running.url, 'GET', '/authors', { token: account.token });

  /** Ends the connections of the product, which then makes new ones with new settings. */
  const disconnect = (): Promise<unknown> =>
    other.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
      role,
    ]);
  const connections = async (): Promise<number> => {
    const { rows } = await other.query(
      'SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1',
      [role],
    );
    return rows[0].n as number;
  };

  function expectUnavailable({ status, headers, body }: Answer): void {
    expect(status).toBe(503);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toMatch(/postgres|pg_|SQL|connection/i);
  }

  test('out of connections: 503, not ready, alive; then everything as before', async () => {
    await other.query(`ALTER ROLE ${role} CONNECTION LIMIT 0`);
    await disconnect();
    expectUnavailable(await add());
    expectUnavailable(await list());
    expect((await call(running.url, 'GET', '/health/ready')).status).toBe(503);
    expect((await call(running.url, 'GET', '/health/live')).status).toBe(200);
    await other.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    expect((await list()).status).toBe(200);
    expect((await add()).status).toBe(201);
    expect((await call(running.url, 'GET', '/health/ready')).status).toBe(200);
  });

  test('read-only: reads are answered, writes are 503, until it is writable again', async () => {
    await other.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    await disconnect();
    await vi.waitFor(async () => expect((await list()).status).toBe(200), 5_000);
    expectUnavailable(await add());
    await other.query(`ALTER ROLE ${role} RESET default_transaction_read_only`);
    await disconnect();
    await vi.waitFor(async () => expect((await add()).status).toBe(201), 5_000);
  });

  test('a lock that is never released: 503 within seconds, and no connection leaks', async () => {
    await other.query('BEGIN');
    await other.query('LOCK TABLE authors IN ACCESS EXCLUSIVE MODE');
    const since = performance.now();
    const answers = await Promise.all(Array.from({ length: 30 }, add));
    const seconds = (performance.now() - since) / 1_000;
    answers.forEach(expectUnavailable);
    expect((await call(running.url, 'GET', '/health/live')).status).toBe(200);
    console.log(
      `30 requests at a locked table, 3 connections: all ended after ${seconds.toFixed(1)} s`,
    );
    // At worst one waits for a connection, to find out who asks, for another one to write, and for the lock.
    expect(seconds).toBeLessThan(3 * 5 + 2);
    await other.query('ROLLBACK');
    expect((await add()).status).toBe(201);
    expect(await connections()).toBeLessThanOrEqual(3);
  });
});
