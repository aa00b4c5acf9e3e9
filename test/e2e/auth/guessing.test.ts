import { parseList } from 'structured-headers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { basic, call, freshName, login, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import type { ServerProcess } from '../../support/process.js';
import { anotherProcess, databaseOf, forgetTries } from './inside.js';
import { fingerprint, rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

const WRONG = 'not the password';

/** An address of a network that no other call of this test has come from. */
let networks = 0;
const elsewhere = (): string => {
  networks += 1;
  return `127.${100 + (networks >> 8)}.${networks & 255}.7`;
};

const count = (answers: readonly RawAnswer[], status: number): number =>
  answers.filter(answer => answer.status === status).length;

describe.each(databases())('guessing on %s', kind => {
  let here: RunningApp;
  let there: ServerProcess;
  let owner: Account;

  beforeAll(async () => {
    here = await startApp(kind);
    there = await anotherProcess(here);
  });

  afterAll(async () => {
    await there?.stop('SIGKILL');
    await here?.close();
  });

  beforeEach(async () => {
    await forgetTries(here);
    owner = await newAccount(here.url);
  });

  const attempt = (
    name: string,
    password: string,
    { from = elsewhere(), on = here.url, more = [] as string[] } = {},
  ): Promise<RawAnswer> =>
    rawCall(on, '/login', {
      method: 'POST',
      from,
      headers: ['authorization', basic(name, password), ...more],
    });
  /** Strangers use up all that there is for a name. */
  const exhaust = async (name: string): Promise<void> => {
    for (let i = 0; i < 11; i += 1) {
      await attempt(name, WRONG);
    }
  };
  /** Without the seconds, of which some may pass between two answers. */
  const timeless = (answer: RawAnswer): string =>
    fingerprint(answer).replace(/(retry-after: |;t=)\d+/g, '$1');

  it('a name gets ten tries from all strangers and on all processes together', async () => {
    const answers: RawAnswer[] = [];
    for (let i = 0; i < 15; i += 1) {
      answers.push(await attempt(owner.name, WRONG, { on: i % 2 ? there.url : here.url }));
    }
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array(10).fill(401),
      ...Array(5).fill(429),
    ]);
  });

  it('other spellings of a name share its attempts', async () => {
    const { name } = owner;
    const spellings = [name, name.toUpperCase(), ` ${name}`, `${name}  `, `\u00a0${name}`];
    const answers: RawAnswer[] = [];
    for (let i = 0; i < 20; i += 1) {
      answers.push(await attempt(spellings[i % spellings.length], WRONG));
    }
    expect(count(answers, 401)).toBe(10);
  });

  it('a host gets 20 tries whatever the names, a network of hosts 100', async () => {
    const host: RawAnswer[] = [];
    for (let i = 0; i < 30; i += 1) {
      host.push(await attempt(freshName(), WRONG, { from: '127.90.1.1' }));
    }
    expect(count(host, 401)).toBe(20);
    const network: RawAnswer[] = [];
    for (let i = 0; i < 130; i += 1) {
      network.push(await attempt(freshName(), WRONG, { from: `127.90.2.${i + 1}` }));
    }
    expect(count(network, 401)).toBe(100);
  });

  it('200 at once, the right one among them, get no more than one after another do', async () => {
    const right = Math.floor(Math.random() * 200);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        attempt(owner.name, i === right ? owner.password : `${WRONG} ${i}`, {
          on: i % 2 ? there.url : here.url,
        }),
      ),
    );
    // The right password, if it is among the first ten, gives its attempt back.
    expect(count(answers, 401)).toBeLessThanOrEqual(10);
    expect(count(answers, 200)).toBeLessThanOrEqual(1);
    const statuses = [200, 401, 429, 503];
    expect(statuses.reduce((sum, status) => sum + count(answers, status), 0)).toBe(200);
  });

  it('beyond it, right and wrong, known and unknown answer alike, and nothing is hashed', async () => {
    const unknown = freshName();
    await exhaust(owner.name);
    await exhaust(unknown);
    const began = performance.now();
    const answers = [
      await attempt(owner.name, owner.password),
      await attempt(owner.name, WRONG),
      await attempt(unknown, WRONG),
      await attempt(unknown, owner.password),
    ];
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(new Set(answers.map(timeless)).size).toBe(1);
    const [{ status, headers, body }] = answers;
    expect([status, body.type]).toEqual([429, '/problems/too_many_requests']);
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    const [[policy, quota]] = parseList(headers['ratelimit-policy'] as string);
    const [[name, left]] = parseList(headers['ratelimit'] as string);
    expect([policy, quota.get('q'), quota.get('w')]).toEqual(['login', 10, 900]);
    expect([name, left.get('r')]).toEqual(['login', 0]);
    expect(left.get('t')).toBe(Number(headers['retry-after']));
  });

  it('never keeps the owner out: by device from anywhere, by network without one', async () => {
    await exhaust(owner.name);
    for (let i = 0; i < 5; i += 1) {
      const more = ['x-device-token', owner.deviceToken];
      expect((await attempt(owner.name, owner.password, { more })).status).toBe(200);
      const from = '127.0.0.99';
      expect((await attempt(owner.name, owner.password, { from })).status).toBe(200);
    }
    expect((await attempt(owner.name, owner.password)).status).toBe(429);
  });

  it('never touches a token that was given', async () => {
    const pat = await call(here.url, 'POST', '/tokens', {
      token: owner.token,
      json: { name: 'x', scopes: ['authors:read'] },
    });
    await exhaust(owner.name);
    for (const token of [owner.token, pat.body.token]) {
      expect((await call(here.url, 'GET', '/users/me', { token })).status).toBe(200);
    }
    const json = { refresh_token: owner.refreshToken };
    expect((await call(here.url, 'POST', '/token/refresh', { json })).status).toBe(200);
  });

  it('a device of one name is a stranger to every other', async () => {
    const eve = await newAccount(here.url);
    await exhaust(owner.name);
    for (const token of [eve.deviceToken, 'x', 'A'.repeat(43), '', owner.token, "' OR 1=1--"]) {
      const more = ['x-device-token', token];
      expect((await attempt(owner.name, owner.password, { more })).status).toBe(429);
    }
  });

  it('a stolen device gets ten tries at once and is forgotten then', async () => {
    await exhaust(owner.name);
    const more = ['x-device-token', owner.deviceToken];
    const answers: RawAnswer[] = [];
    for (let i = 0; i < 12; i += 1) {
      answers.push(await attempt(owner.name, WRONG, { more }));
    }
    expect(count(answers, 401)).toBe(10);
    await forgetTries(here);
    await exhaust(owner.name);
    expect((await attempt(owner.name, owner.password, { more })).status).toBe(429);
  });

  it('a password changed because of an attack can be used at once where it was changed', async () => {
    await exhaust(owner.name);
    const json = { current_password: owner.password, new_password: 'another horse battery' };
    const { status } = await call(here.url, 'PUT', '/users/me/password', {
      token: owner.token,
      json,
    });
    expect(status).toBe(200);
    expect((await login(here.url, owner.name, json.new_password)).status).toBe(200);
    const more = ['x-device-token', owner.deviceToken];
    expect((await attempt(owner.name, json.new_password, { more })).status).toBe(429);
  });

  it('headers that are not Basic count no attempt', async () => {
    for (let i = 0; i < 40; i += 1) {
      const headers = ['authorization', `Basic ${i}*`];
      await rawCall(here.url, '/login', { method: 'POST', from: '127.91.1.1', headers });
    }
    expect((await attempt(owner.name, owner.password, { from: '127.91.1.1' })).status).toBe(200);
  });

  it('keeps no typed name, and forgets names that were tried', async () => {
    const name = freshName('typed-by-mistake');
    await attempt(name, WRONG);
    const database = await databaseOf(here);
    const rows = JSON.stringify(await database.all('SELECT * FROM auth_throttle', []));
    expect(rows).toContain('u:');
    expect(rows + here.lines.join('')).not.toContain('typed-by-mistake');
  });
});
