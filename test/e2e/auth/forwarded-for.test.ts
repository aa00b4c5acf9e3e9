import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { basic, freshName } from '../../support/client.js';
import type { ServerProcess } from '../../support/process.js';
import { anotherProcess, forgetTries } from './inside.js';
import { rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

describe.each(databases())('forged X-Forwarded-For on %s', kind => {
  let here: RunningApp;
  let behindProxy: ServerProcess;

  beforeAll(async () => {
    here = await startApp(kind);
    behindProxy = await anotherProcess(here, { TRUST_PROXY: '127.0.0.1/32,10.0.0.0/8' });
  });

  afterAll(async () => {
    await behindProxy?.stop('SIGKILL');
    await here?.close();
  });

  beforeEach(() => forgetTries(here));

  const count = (answers: readonly RawAnswer[], status: number): number =>
    answers.filter(answer => answer.status === status).length;
  const attempt = (on: string, from: string, more: string[]): Promise<RawAnswer> =>
    rawCall(on, '/login', {
      method: 'POST',
      from,
      headers: ['authorization', basic(freshName(), 'not the password'), ...more],
    });

  const random = (): string =>
    Array.from({ length: 4 }, () => 1 + Math.floor(Math.random() * 220)).join('.');

  it.each<[string, string, () => string[]]>([
    ['no proxy is trusted', '127.92.1.1', () => ['x-forwarded-for', random()]],
    ['the peer is no proxy', '127.92.2.1', () => ['x-forwarded-for', random()]],
    ['the proxy tells the client', '127.0.0.1', () => ['x-forwarded-for', `${random()}, 5.6.7.8`]],
    [
      'it is given twice',
      '127.0.0.1',
      () => ['x-forwarded-for', random(), 'x-forwarded-for', '5.6.9.8'],
    ],
    ['it is no address', '127.0.0.1', () => ['x-forwarded-for', `client-${Math.random()}`]],
    [
      'other headers tell other addresses',
      '127.92.3.1',
      () => ['forwarded', `for=${random()}`, 'x-real-ip', random(), 'true-client-ip', random()],
    ],
  ])('gives 1,000 tries no more than 20 where %s', async (what, from, headers) => {
    const on = what === 'no proxy is trusted' ? here.url : behindProxy.url;
    const answers: RawAnswer[] = [];
    for (let i = 0; i < 1_000; i += 50) {
      const batch = Array.from({ length: 50 }, () => attempt(on, from, headers()));
      answers.push(...(await Promise.all(batch)));
    }
    const hashed = count(answers, 401);
    expect(hashed).toBeGreaterThan(0);
    expect(hashed).toBeLessThanOrEqual(20);
    expect(hashed + count(answers, 429) + count(answers, 503)).toBe(1_000);
  });

  it('still tells the clients of a trusted proxy apart', async () => {
    for (let i = 1; i <= 30; i += 1) {
      const more = ['x-forwarded-for', `6.6.${i}.6`];
      const { status } = await attempt(behindProxy.url, '127.0.0.1', more);
      expect(status).toBe(401);
    }
  });
});
