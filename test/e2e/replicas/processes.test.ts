import { readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SECRET, databases } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import { freshDatabase } from '../../support/fresh-database.js';
import type { FreshDatabase } from '../../support/fresh-database.js';
import { ServerProcess, runBuilt } from '../../support/process.js';
import { expectOneRowEach, keepAdding } from './load.js';

const children = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

/** The processes that have answered so far, by what they log. */
const answered = (server: ServerProcess): Set<number> =>
  new Set(server.lines.filter(line => line.includes('"status"')).map(line => JSON.parse(line).pid));

const listening = (server: ServerProcess): string[] =>
  server.lines.filter(line => line.includes('Server listening at'));

describe.each(databases())('WEB_CONCURRENCY=3 on %s', kind => {
  let database: FreshDatabase;
  let cwd: string;
  let server: ServerProcess;

  beforeEach(async () => {
    database = await freshDatabase(kind);
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-processes-'));
    server = await ServerProcess.start({ cwd, env: environment() });
    await vi.waitFor(() => expect(listening(server)).toHaveLength(3), 40_000);
  });
  afterEach(async () => {
    await server.stop('SIGTERM');
    await database.remove();
    rmSync(cwd, { recursive: true, force: true });
  });

  const environment = (): Record<string, string> => ({
    DATABASE_URL: database.url,
    SECRET_KEY: SECRET,
    REGISTER_LIMIT: 'off',
    WEB_CONCURRENCY: '3',
  });

  test('shares one port among processes that know the same, and says its address once', async () => {
    const { token } = await newAccount(server.url);
    await vi.waitFor(
      async () => {
        const listed = await call(server.url, 'GET', '/authors', {
          token,
          headers: { connection: 'close' },
        });
        expect(listed.status).toBe(200);
        expect(answered(server).size).toBe(3);
      },
      { timeout: 20_000, interval: 20 },
    );
    expect(server.lines.filter(line => line.includes('documentation at'))).toHaveLength(1);
    expect(server.stderr).toBe('');
  });

  test('one killed under load: the others answer, it is replaced, every record is there once', async () => {
    const account = await newAccount(server.url);
    const load = keepAdding(server.url, account.token, 12);
    await load.until(20);
    const [victim] = children(server.pid);
    process.kill(victim, 'SIGKILL');
    await load.until(load.added.names.length + 50);
    await vi.waitFor(() => {
      const now = children(server.pid);
      expect(now).toHaveLength(3);
      expect(now).not.toContain(victim);
    }, 20_000);
    const added = await load.stop();
    // A key whose request died with its process answers 409 until its hold of 15 seconds ends.
    const statuses = added.failures.map(each => (typeof each === 'string' ? each : each.status));
    expect(
      new Set(statuses.filter(status => typeof status === 'number' && status !== 409)),
    ).toEqual(new Set());
    await expectOneRowEach(server.url, account.token, added.names);
    console.log(
      `${kind}: ${added.names.length} records, ${added.failures.length} connections lost`,
    );
  }, 90_000);

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'drains all of them at %s, and ends with 0',
    async signal => {
      const pids = children(server.pid);
      // As a terminal or a service manager does it: everybody hears it.
      pids.forEach(pid => process.kill(pid, signal));
      expect(await server.stop(signal)).toBe(0);
      expect(server.lines.filter(line => line.includes('"closed"'))).toHaveLength(3);
      pids.forEach(pid => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
    },
  );

  test('none outlives the process that started them', async () => {
    const pids = children(server.pid);
    await server.stop('SIGKILL');
    await vi.waitFor(
      () => pids.forEach(pid => expect(() => process.kill(pid, 0)).toThrow('ESRCH')),
      10_000,
    );
  });
});

describe('WEB_CONCURRENCY=3 that cannot start', () => {
  let cwd: string;

  beforeEach(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-processes-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  test.each([
    ['a key that is too short', { SECRET_KEY: 'short' }, 78, /SECRET_KEY/],
    ['a data directory that cannot be made', { DATA_DIR: '/dev/null/data' }, 78, /DATA_DIR/],
    ['a wrong setting', { PORT: 'http' }, 78, /PORT/],
  ])('says once why it cannot start: %s', async (_, env, code, reason) => {
    const ended = await runBuilt('main.js', [], {
      cwd,
      env: { WEB_CONCURRENCY: '3', PORT: '0', ...env },
    });
    expect(ended.stderr).toMatch(reason);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.code).toBe(code);
  });

  test('says once that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const env = { WEB_CONCURRENCY: '3', PORT: String(port) };
    const ended = await runBuilt('main.js', [], { cwd, env });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(`127.0.0.1:${port}`) });
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    taken.close();
  });
});
