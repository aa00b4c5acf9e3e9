import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PROBLEMS } from '../../../src/problems/problem.js';
import { withFirstAdmin } from '../../support/admin.js';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import { expectProblem } from '../../support/problems.js';
import { CALLER_FAULTS } from './caller-faults.js';
import { REQUEST_FAULTS } from './request-faults.js';
import { makeWorld } from './world.js';
import type { World } from './world.js';

const CASES = [...REQUEST_FAULTS, ...CALLER_FAULTS];

/** What no single request provokes, and which test does it instead. */
const ELSEWHERE = {
  request_timeout: 'framing.test.ts',
  unavailable: 'below',
  idempotency_in_progress: 'idempotency',
  idempotency_mismatch: 'idempotency',
  import_refused: 'import',
  storage_full: 'database faults',
  quota_exceeded: 'quotas.test.ts',
};

describe.each(databases())('error answers on %s', kind => {
  let running: RunningApp;
  let closed: RunningApp;
  let world: World;

  beforeAll(async () => {
    running = await startApp(kind, { env: withFirstAdmin() });
    closed = await startApp(kind, { env: { REGISTRATION: 'closed' }, on: running });
    world = await makeWorld(running, closed.url);
    const { UsersService } = await import('#dist/users/users.service.js' as string);
    vi.spyOn(running.app.get(UsersService) as { profile(): unknown }, 'profile').mockImplementation(
      () => {
        throw new Error('SELECT secret FROM users at /srv/library-api/users.ts:7');
      },
    );
  });
  afterAll(async () => {
    await closed.stop();
    await running.close();
  });

  test.each(CASES)('$status $code where $when', async ({ ask, status, code, headers = {} }) => {
    const answer = await ask(world);
    const text = 'text' in answer ? answer.text : answer.body;
    await expectProblem(world.url, { ...answer, text }, status, code);
    const fields = new Headers(answer.headers);
    for (const [name, pattern] of Object.entries(headers)) {
      expect(fields.get(name)).toMatch(pattern);
    }
  });

  test('503 with Retry-After while the process is going away', async () => {
    const { Lifecycle } = await import('#dist/health/lifecycle.js' as string);
    closed.app.get<{ drain(): void }>(Lifecycle).drain();
    const answer = await call(closed.url, 'GET', '/health/ready');
    await expectProblem(world.url, answer, 503, 'unavailable');
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect((await call(closed.url, 'GET', '/health/live')).status).toBe(200);
  });

  test('say nothing of a defect, which the log tells whole', async () => {
    const { token } = await newAccount(running.url);
    const headers = { 'x-request-id': 'provoked-500' };
    const answer = await call(running.url, 'GET', '/users/me', { token, headers });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/SELECT|secret|\.ts|stack/);
    const line = running.lines.map(text => JSON.parse(text)).find(({ err }) => err !== undefined);
    expect(line).toMatchObject({ level: 'error', reqId: 'provoked-500' });
    expect(line.err.message).toContain('SELECT secret');
    expect(line.err.stack).toContain('at ');
  });
});

test('every problem of the table is provoked by a test', () => {
  const provoked = new Set([...CASES.map(({ code }) => code), ...Object.keys(ELSEWHERE)]);
  expect(Object.keys(PROBLEMS).filter(code => !provoked.has(code))).toEqual([]);
  expect(new Set(CASES.map(({ status }) => status)).size).toBeGreaterThanOrEqual(16);
});
