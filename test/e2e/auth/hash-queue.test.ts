import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { basic, call, freshName, login, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { databaseOf, forgetTries } from './inside.js';
import { rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

describe.each(databases())('too many logins at once on %s', kind => {
  let running: RunningApp;
  let owner: Account;

  beforeAll(async () => {
    running = await startApp(kind, { env: { BCRYPT_COST: '8', HASH_THREADS: '1' } });
    owner = await newAccount(running.url);
  });

  afterAll(() => running?.close());

  const attempt = (i: number, name = freshName(), more: string[] = []): Promise<RawAnswer> =>
    rawCall(running.url, '/login', {
      method: 'POST',
      from: `127.60.${i}.1`,
      headers: ['authorization', basic(name, 'not the password'), ...more],
    });

  it('get 503 with Retry-After, lose no attempt, and delay no known client', async () => {
    const flood = Array.from({ length: 40 }, (_, i) => attempt(i));
    await Promise.race(flood);
    const began = performance.now();
    const [trusted, health] = await Promise.all([
      rawCall(running.url, '/login', {
        method: 'POST',
        from: '127.61.1.1',
        headers: [
          'authorization',
          basic(owner.name, owner.password),
          'x-device-token',
          owner.deviceToken,
        ],
      }),
      call(running.url, 'GET', '/health/live').then(({ status }) => ({
        status,
        ms: performance.now() - began,
      })),
    ]);
    expect(trusted.status).toBe(200);
    expect(health.status).toBe(200);
    expect(health.ms).toBeLessThan(1_000);

    const answers = await Promise.all(flood);
    const refused = answers.filter(({ status }) => status === 503);
    const hashed = answers.filter(({ status }) => status === 401);
    expect(refused.length + hashed.length).toBe(40);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    for (const { headers, body } of refused) {
      expect(headers['retry-after']).toBe('1');
      expect(body.type).toBe('/problems/unavailable');
    }
    const database = await databaseOf(running);
    const spent = await database.all<{ k: string }>(
      "SELECT k FROM auth_throttle WHERE k LIKE 'u:%' AND failures > 0",
      [],
    );
    expect(spent).toHaveLength(hashed.length);
  });

  it('of one user keep no other user waiting, however many devices that one has', async () => {
    await forgetTries(running);
    const eve = await newAccount(running.url);
    const devices = [eve.deviceToken];
    while (devices.length < 9) {
      devices.push((await login(running.url, eve.name, eve.password)).body.device_token);
    }
    const logIn = (of: Account, device: string): Promise<RawAnswer> =>
      rawCall(running.url, '/login', {
        method: 'POST',
        headers: ['authorization', basic(of.name, of.password), 'x-device-token', device],
      });
    const ended: string[] = [];
    const flood = devices.flatMap(device =>
      Array.from({ length: 10 }, () => logIn(eve, device).then(() => ended.push('eve'))),
    );
    await Promise.race(flood);
    const { status } = await logIn(owner, owner.deviceToken);
    const before = ended.length;
    await Promise.all(flood);
    expect(status).toBe(200);
    // Those that were refused at once, the one that was being hashed, and one more.
    expect(ended.length - before).toBeGreaterThan(40);
  }, 90_000);

  it('of one account delay a newcomer by one hash each time, and are limited themselves', async () => {
    const slow = await startApp(kind, { env: { BCRYPT_COST: '10', HASH_THREADS: '1' } });
    try {
      const eve = await newAccount(slow.url);
      const logIn = (): Promise<RawAnswer> =>
        rawCall(slow.url, '/login', {
          method: 'POST',
          headers: [
            'authorization',
            basic(eve.name, eve.password),
            'x-device-token',
            eve.deviceToken,
          ],
        });
      let turns = 0;
      const flood = Array.from({ length: 10 }, async (_, i) => {
        for (let login = i; login < 40; login += 10) {
          const { status } = await logIn();
          turns += status === 200 ? 1 : 0;
        }
      });
      await expect.poll(() => turns, { interval: 5, timeout: 20_000 }).toBeGreaterThan(2);
      const before = turns;
      await newAccount(slow.url);
      // Two hashes, each behind the one that was running; the rest passes between the requests.
      const passed = turns - before;
      await Promise.all(flood);
      expect(passed).toBeLessThanOrEqual(8);
      expect(turns).toBeGreaterThan(25);
      const { status, headers } = await logIn();
      expect([status, Number(headers['retry-after']) > 60]).toEqual([429, true]);
      expect((await call(slow.url, 'GET', '/users/me', { token: eve.token })).status).toBe(200);
    } finally {
      await slow.close();
    }
  });

  it('give the place back that a password change or a registration had taken', async () => {
    await forgetTries(running);
    const limited = await startApp(kind, {
      env: { BCRYPT_COST: '8', HASH_THREADS: '1', REGISTER_LIMIT: '100/h' },
    });
    try {
      const register = (i: number): Promise<RawAnswer> =>
        rawCall(limited.url, '/register', {
          method: 'POST',
          from: `127.62.1.${i + 1}`,
          headers: ['content-type', 'application/json'],
          body: JSON.stringify({ name: freshName(), password: 'correct horse battery' }),
        });
      const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => register(i)));
      const made = answers.filter(({ status }) => status === 201).length;
      expect(answers.filter(({ status }) => status === 503).length).toBe(30 - made);
      expect(made).toBeGreaterThan(0);
      const database = await databaseOf(limited);
      const row = await database.get<{ failures: number }>(
        "SELECT failures FROM auth_throttle WHERE k LIKE 'r:%'",
        [],
      );
      expect(Number(row?.failures)).toBe(made);
    } finally {
      await limited.close();
    }
  });
});
