import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SECRET, databases } from '../../support/app.js';
import { startBalancer } from '../../support/balancer.js';
import { call, freshName, login, newAccount, PASSWORD } from '../../support/client.js';
import type { Answer } from '../../support/client.js';
import { frontDoor } from '../../support/pooler.js';
import { startPostgres } from '../../support/postgres.js';
import type { PostgresServer } from '../../support/postgres.js';
import { ServerProcess, runBuilt } from '../../support/process.js';
import { expectOneRowEach, keepAdding } from './load.js';

/** Each request on a new connection, so that the balancer sends it to the next replica. */
const ANYWHERE = { connection: 'close' };

// A separate server: one of these tests restarts it.
describe.runIf(databases().includes('postgres'))('three replicas on one PostgreSQL', () => {
  let postgres: PostgresServer;
  /** What the replicas connect to. */
  let door: Awaited<ReturnType<typeof frontDoor>>;
  let cwd: string;
  let replicas: ServerProcess[];
  let balancer: Awaited<ReturnType<typeof startBalancer>>;

  const environment = (): Record<string, string> => ({
    DATABASE_URL: door.url,
    SECRET_KEY: SECRET,
    REGISTER_LIMIT: 'off',
  });

  beforeAll(async () => {
    postgres = await startPostgres();
    door = await frontDoor(postgres.url);
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-replicas-'));
    // All at once, on an empty database.
    replicas = await Promise.all(
      Array.from({ length: 5 }, () => ServerProcess.start({ cwd, env: environment() })),
    );
    balancer = await startBalancer(replicas.slice(0, 3).map(({ url }) => url));
    console.log(`three replicas behind ${balancer.name}`);
  }, 120_000);
  afterAll(async () => {
    await balancer?.close();
    await Promise.all((replicas ?? []).map(replica => replica.stop('SIGKILL')));
    await door?.stop();
    await postgres?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  test('five that start at once on an empty database migrate it once', async () => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const { rows } = await client.query('SELECT name FROM migrations');
    await client.end();
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    const migrating = replicas.filter(({ lines }) =>
      lines.some(line => line.includes('"migrations":[')),
    );
    expect(migrating).toHaveLength(1);
    await Promise.all(replicas.slice(3).map(replica => replica.stop('SIGTERM')));
    replicas = replicas.slice(0, 3);
  });

  test("the tutorial's walk, each step on another replica", async () => {
    const { url } = balancer;
    const name = freshName();
    const ask = (method: string, to: string, token?: string, json?: unknown): Promise<Answer> =>
      call(url, method, to, { token, json, headers: ANYWHERE });
    expect((await ask('POST', '/register', undefined, { name, password: PASSWORD })).status).toBe(
      201,
    );
    const { token } = (await login(url, name, PASSWORD, ANYWHERE)).body;
    const record = { name: 'Paul Lynch', book: 'Prophet Song', country: 'Ireland' };
    const { status, body } = await ask('POST', '/author', token, record);
    expect(status).toBe(201);
    expect((await ask('GET', '/authors', token)).body.list_of_authors).toMatchObject([record]);
    expect((await ask('DELETE', `/authors/${body.id}`, token)).status).toBe(200);
    expect((await ask('DELETE', `/authors/${body.id}`, token)).status).toBe(404);
    // Log lines are written together, a moment after the answers.
    await vi.waitFor(() => {
      const asked = replicas.map(
        ({ lines }) => lines.filter(line => line.includes('"status"')).length,
      );
      expect(Math.min(...asked)).toBeGreaterThan(0);
    });
  });

  test('all of them refuse a session within a second of its end', async () => {
    const { token } = await newAccount(replicas[0].url);
    const statuses = (): Promise<number[]> =>
      Promise.all(
        replicas.map(async ({ url }) => (await call(url, 'GET', '/authors', { token })).status),
      );
    expect(await statuses()).toEqual([200, 200, 200]);
    expect((await call(replicas[0].url, 'POST', '/logout', { token })).status).toBeLessThan(300);
    await vi.waitFor(async () => expect(await statuses()).toEqual([401, 401, 401]), 1_000);
  });

  test('all of them know a key that was made elsewhere, and the one before it', async () => {
    const account = await newAccount(replicas[0].url);
    const rotated = await runBuilt('cli.js', ['keys', 'rotate', '--json'], {
      cwd,
      env: environment(),
    });
    const { kid } = JSON.parse(rotated.stdout);
    const signing = async (url: string): Promise<{ kid: string; token: string }> => {
      const { token } = (await login(url, account.name, account.password)).body;
      const [header] = token.split('.');
      return { kid: JSON.parse(Buffer.from(header, 'base64url').toString()).kid, token };
    };
    for (const { url } of replicas) {
      const { token } = await vi.waitFor(async () => {
        const signed = await signing(url);
        expect(signed.kid).toBe(kid);
        return signed;
      }, 2_000);
      for (const { url: other } of replicas) {
        const status = async (): Promise<number> =>
          (await call(other, 'GET', '/authors', { token })).status;
        await vi.waitFor(async () => expect(await status()).toBe(200), 2_000);
      }
      expect((await call(url, 'GET', '/authors', { token: account.token })).status).toBe(200);
    }
  });

  test('PostgreSQL restarted under load: 503 for a while, then everything as before', async () => {
    const { token } = await newAccount(balancer.url);
    const load = keepAdding(balancer.url, token, 12);
    await load.until(20);
    const ready = async (): Promise<number[]> =>
      Promise.all(
        replicas.map(async ({ url }) => (await call(url, 'GET', '/health/ready')).status),
      );
    expect(await ready()).toEqual([200, 200, 200]);
    await postgres.halt();
    await vi.waitFor(async () => expect(await ready()).toEqual([503, 503, 503]), 10_000);
    await postgres.start();
    const returned = performance.now();
    await vi.waitFor(async () => expect(await ready()).toEqual([200, 200, 200]), 5_000);
    await load.until(load.added.names.length + 20);
    const seconds = (performance.now() - returned) / 1_000;
    const { names, failures } = await load.stop();
    const answers = failures.filter(failure => typeof failure !== 'string');
    expect(answers).toHaveLength(failures.length);
    const faults = answers.filter(({ status }) => status !== 409);
    expect(new Set(faults.map(({ status }) => status))).toEqual(new Set([503]));
    for (const { headers } of faults) {
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    await expectOneRowEach(balancer.url, token, names);
    console.log(
      `PostgreSQL restarted: full service after ${seconds.toFixed(2)} s, ${faults.length} answers of 503`,
    );
    expect(seconds).toBeLessThan(5);
  }, 90_000);

  test('one killed with -9 under load: what it had in hand is retried to exactly one row each', async () => {
    const { token } = await newAccount(replicas[0].url);
    const load = keepAdding(balancer.url, token, 12);
    await load.until(20);
    await replicas[2].stop('SIGKILL');
    await load.until(load.added.names.length + 50);
    const { names, failures } = await load.stop();
    // A connection that breaks, or 502 where the balancer says so; 409 until a lost request's hold on its key ends.
    const answers = failures.filter(failure => typeof failure !== 'string');
    expect(answers.filter(({ status }) => status !== 409 && status !== 502)).toEqual([]);
    await expectOneRowEach(balancer.url, token, names);
    const waiting = answers.filter(({ status }) => status === 409).length;
    console.log(
      `replica killed: ${names.length} records, ${failures.length - waiting} requests in flight lost`,
    );
  }, 90_000);
});
