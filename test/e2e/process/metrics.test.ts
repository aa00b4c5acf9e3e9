import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ADMIN, withFirstAdmin } from '../../support/admin.js';
import { PASSWORD, basic, call, login } from '../../support/client.js';
import type { Answer } from '../../support/client.js';
import { ServerProcess, runBuilt } from '../../support/process.js';

const ASKED = 40;

let cwd: string;
let server: ServerProcess;
let token: string;

beforeAll(async () => {
  cwd = mkdtempSync(path.join(tmpdir(), 'library-api-metrics-'));
  server = await ServerProcess.start({ cwd, env: { ...withFirstAdmin(), WEB_CONCURRENCY: '2' } });
  await vi.waitFor(
    () => expect(server.lines.filter(line => line.includes('Server listening'))).toHaveLength(2),
    40_000,
  );
  ({ token } = (await login(server.url, ADMIN, PASSWORD)).body);
}, 60_000);
afterAll(async () => {
  await server.stop('SIGTERM');
  rmSync(cwd, { recursive: true, force: true });
});

/** A request on a new connection, which either process may take. */
const ask = (route: string): Promise<Answer> =>
  call(server.url, 'GET', route, { token, headers: { connection: 'close' } });

const counted = async (): Promise<number> => {
  const { status, text } = await ask('/metrics');
  expect(status).toBe(200);
  const series = text
    .split('\n')
    .find(line => /^http_request_duration_seconds_count\{.*"\/health\/live"/.test(line));
  return Number(series?.split(' ').at(-1) ?? 0);
};

test('/metrics sums what all processes count, whichever of them answers', async () => {
  await Promise.all(Array.from({ length: ASKED }, () => ask('/health/live')));
  await vi.waitFor(async () => expect(await counted()).toBe(ASKED), { timeout: 10_000 });
  const scrapes = [];
  for (let scrape = 0; scrape < 20; scrape += 1) {
    scrapes.push(await counted());
  }
  expect(scrapes).toEqual(Array(20).fill(ASKED));
  // Both have answered, by what they log.
  await vi.waitFor(() => {
    const pids = server.lines
      .filter(line => line.includes('"status"'))
      .map(line => JSON.parse(line).pid);
    expect(new Set(pids).size).toBe(2);
  });
});

test('/metrics sums what the product counts, and gives other values once', async () => {
  for (let count = 0; count < 6; count += 1) {
    const headers = { authorization: basic(ADMIN, PASSWORD), connection: 'close' };
    expect((await call(server.url, 'POST', '/login', { headers })).status).toBe(200);
  }
  expect((await runBuilt('cli.js', ['backup', 'backup.db'], { cwd })).code).toBe(0);
  const since = Date.now() / 1000 - 60;
  for (let scrape = 0; scrape < 10; scrape += 1) {
    const { text } = await ask('/metrics');
    const value = (series: string): number =>
      Number(
        text
          .split('\n')
          .find(line => line.startsWith(series))
          ?.split(' ')
          .at(-1),
      );
    expect(value('library_api_build_info{')).toBe(1);
    expect(value('library_api_security_events_total{event="login.succeeded"}')).toBe(7);
    expect(value('library_api_last_backup_timestamp_seconds')).toBeGreaterThan(since);
    expect(value('library_api_last_backup_timestamp_seconds')).toBeLessThan(since + 120);
  }
});
