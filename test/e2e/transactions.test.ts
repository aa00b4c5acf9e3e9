import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, login, newAccount, PASSWORD } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { freshDatabase, testDialects } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { runBuilt, ServerProcess } from '../support/process.js';
import { Driver } from '../../src/database/sqlite-driver.js';

const CLIENTS = 16;
const KILLS = 3;
/** Records of an import that takes a while to be stored. */
const LONG = 30_000;
const WAIT = { timeout: 20_000, interval: 5 };
const NDJSON = 'application/x-ndjson';

// Each starts several processes, on a machine that may be busy.
const PATIENCE = { timeout: 120_000 };

describe.each(testDialects())('what was acknowledged, on %s', PATIENCE, dialect => {
  let cwd: string;
  let fresh: FreshDatabase;
  let env: Record<string, string>;
  let server: ServerProcess;
  let user: Account;

  beforeEach(async () => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-transactions-'));
    fresh = await freshDatabase(dialect);
    env = { DATABASE_URL: fresh.url, SECRET_KEY: randomBytes(32).toString('base64') };
    server = await ServerProcess.start({ cwd, env });
    user = await newAccount(server.url);
  });

  afterEach(async () => {
    await server.stop('SIGKILL');
    await fresh.remove();
    rmSync(cwd, { recursive: true, force: true });
  });

  const post = (name: string): Promise<Answer> =>
    call(server.url, 'POST', '/author', {
      token: user.token,
      json: { name, book: 'b', country: 'c' },
    });

  const importNames = (names: readonly string[], lastLine = ''): Promise<Answer> =>
    call(server.url, 'POST', '/authors/import?on_conflict=error&on_error=abort', {
      token: user.token,
      headers: { 'content-type': NDJSON },
      body:
        names.map(name => `${JSON.stringify({ name, book: 'b', country: 'c' })}\n`).join('') +
        lastLine,
    });

  const restart = async (): Promise<void> => {
    await server.stop('SIGKILL');
    server = await ServerProcess.start({ cwd, env });
    user.token = (await login(server.url, user.name, PASSWORD)).body.token;
  };

  const storedNames = async (): Promise<Set<string>> => {
    const names = new Set<string>();
    let page: string | null = '/authors?limit=500';
    while (page !== null) {
      const { body }: Answer = await call(server.url, 'GET', page, { token: user.token });
      body.list_of_authors.forEach(({ name }: { name: string }) => names.add(name));
      page = body.next_cursor ? `/authors?limit=500&cursor=${body.next_cursor}` : null;
    }
    return names;
  };

  it('is there after kill -9 in the middle of writing, and no import is there by halves', async () => {
    const acknowledged: string[] = [];
    const imports: string[][] = [];
    for (let round = 0; round < KILLS; round += 1) {
      let running = true;
      const write = async (client: number): Promise<void> => {
        for (let index = 0; running; index += 1) {
          const name = `r${round}-c${client}-${index}`;
          const { status } = await post(name).catch(() => ({ status: 0 }));
          if (status === 201) {
            acknowledged.push(name);
          }
          // A client in a hurry would find the port closed thousands of times.
          running &&= status !== 0;
        }
      };
      const importing = async (): Promise<void> => {
        for (let index = 0; running; index += 1) {
          const names = Array.from({ length: 50 }, (_, line) => `r${round}-i${index}-${line}`);
          imports.push(names);
          const { status } = await importNames(names).catch(() => ({ status: 0 }));
          if (status === 200) {
            acknowledged.push(...names);
          }
          running &&= status !== 0;
        }
      };
      const load = [...Array.from({ length: CLIENTS }, (_, client) => write(client)), importing()];
      const enough = acknowledged.length + 100 * (round + 1);
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(enough), 20_000);
      running = false;
      server.kill('SIGKILL');
      await Promise.all(load);
      await restart();
    }

    const names = await storedNames();
    expect(acknowledged.filter(name => !names.has(name))).toEqual([]);
    const halves = imports.map(each => each.filter(name => names.has(name)).length);
    expect(halves.filter(count => count !== 0 && count !== 50)).toEqual([]);
  });

  it('is nothing of a long import that kill -9 ends, and its records can be sent again', async () => {
    const names = Array.from({ length: LONG }, (_, index) => `long-${index}`);
    const sent = importNames(names).catch(() => ({ status: 0 }));
    await vi.waitFor(async () => expect(await isStoring(fresh.url)).toBe(true), WAIT);
    server.kill('SIGKILL');
    expect((await sent).status).toBe(0);
    await restart();
    expect(await storedNames()).toEqual(new Set());
    expect((await post('long-0')).status).toBe(201);
    const again = await importNames(names.slice(1));
    expect([again.status, again.body.created]).toEqual([200, LONG - 1]);
    expect(await storedNames()).toEqual(new Set(names));
  });

  it('is exactly what is stored, when 200 writes overlap and half of them fail late', async () => {
    const { body: kept } = await post('kept');
    const path = `/authors/${kept.id}`;
    const rename = (name: string, etag: string): Promise<Answer> =>
      call(server.url, 'PATCH', path, {
        token: user.token,
        headers: { 'content-type': 'application/merge-patch+json', 'if-match': etag },
        json: { country: name },
      });
    // This number of imports may run at once; more get 503.
    const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
    const inLane = (lane: number, work: () => Promise<Answer>): Promise<Answer> => {
      const turn = lanes[lane].then(work);
      lanes[lane] = turn;
      return turn;
    };
    const attempts = Array.from({ length: 200 }, (_, index) => {
      const name = `n${index}`;
      const lines = [`${name}-a`, `${name}-b`];
      switch (index % 8) {
        case 0:
        case 2:
        case 4:
          return post(name);
        case 1:
        case 5:
          // The same record as its neighbour: one of the two is too late.
          return post(`n${index - 1}`);
        case 3:
          return rename(name, '"stale"');
        case 6:
          return inLane(0, () => importNames(lines));
        default:
          return inLane(1, () => importNames(lines, 'this is no record\n'));
      }
    });
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    await restart();

    const count = (wanted: number): number => statuses.filter(status => status === wanted).length;
    expect([201, 409, 412, 200, 422].map(count)).toEqual([75, 50, 25, 25, 25]);
    const names = await storedNames();
    const stored = Array.from({ length: 25 }, (_, index) => 8 * index).flatMap(first => [
      ...[first, first + 2, first + 4].map(index => `n${index}`),
      ...[`n${first + 6}-a`, `n${first + 6}-b`],
    ]);
    expect([...names].sort()).toEqual(['kept', ...stored].sort());
    const { body: record } = await call(server.url, 'GET', path, { token: user.token });
    expect(record).toMatchObject({ country: 'c', version: kept.version });
  });
});

/** Whether an import is in the middle of its transaction. */
async function isStoring(url: string): Promise<boolean> {
  if (url.startsWith('sqlite:')) {
    return isLocked(url);
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const sql = `SELECT 1 FROM pg_locks WHERE relation = 'authors'::regclass AND mode = 'RowExclusiveLock'`;
  const { rowCount } = await client.query(sql);
  await client.end();
  return rowCount !== 0;
}

function isLocked(url: string): boolean {
  const db = new Driver(url.replace('sqlite:', ''), { timeout: 0 });
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch {
    return true;
  } finally {
    db.close();
  }
}

describe.each(testDialects())(
  'five processes that migrate one database at once, on %s',
  dialect => {
    it('all succeed', async () => {
      const cwd = mkdtempSync(path.join(tmpdir(), 'library-api-migrate-'));
      const fresh = await freshDatabase(dialect);
      const env = { DATABASE_URL: fresh.url, SECRET_KEY: randomBytes(32).toString('base64') };
      const finished = await Promise.all(
        Array.from({ length: 5 }, () => runBuilt('cli.js', ['migrate', '--json'], { cwd, env })),
      );
      await fresh.remove();
      rmSync(cwd, { recursive: true, force: true });

      const used = finished.map(({ stderr }) => Object.keys(JSON.parse(stderr)));
      expect(used).toEqual(Array(5).fill(['database']));
      expect(finished.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    });
  },
);
