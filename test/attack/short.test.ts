import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forgetTries } from '../e2e/auth/inside.js';
import { rawCall } from '../e2e/auth/raw-call.js';
import type { RawAnswer } from '../e2e/auth/raw-call.js';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { basic, newAccount } from '../support/client.js';
import type { Account } from '../support/client.js';
import { timeless } from './samples.js';

/** The promises of `npm run attack` that need no time and no quiet machine; the numbers are its lines. */
describe.each(databases())('an attack in short on %s', kind => {
  let running: RunningApp;
  let owner: Account;
  let networks = 0;

  beforeAll(async () => {
    running = await startApp(kind);
  });
  afterAll(() => running?.close());
  beforeEach(async () => {
    await forgetTries(running);
    owner = await newAccount(running.url);
  });

  /** A login from a network that no other has come from. */
  const attempt = (password: string, more: string[] = []): Promise<RawAnswer> => {
    networks += 1;
    return rawCall(running.url, '/login', {
      method: 'POST',
      from: `127.${10 + (networks >> 8)}.${networks & 255}.7`,
      headers: ['authorization', basic(owner.name, password), ...more],
    });
  };
  const guess = async (times: number): Promise<RawAnswer[]> => {
    const answers: RawAnswer[] = [];
    while (answers.length < times) {
      answers.push(await attempt(`wrong password ${answers.length}`));
    }
    return answers;
  };
  const hashed = (answers: readonly RawAnswer[]): number =>
    answers.filter(({ status }) => status === 401 || status === 200).length;

  it('L2: 300 guesses at one name from 300 networks should get ten hashes', async () => {
    expect(hashed(await guess(300))).toBe(10);
  });

  it('L4: 200 at once, the right one among them, should get ten guesses at most', async () => {
    const right = Math.floor(Math.random() * 200);
    const passwords = Array.from({ length: 200 }, (_, i) => `wrong password ${i}`);
    passwords[right] = owner.password;
    const answers = await Promise.all(passwords.map(password => attempt(password)));
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
  });

  it('L5: beyond them, the right password should get the answer of a wrong one', async () => {
    await guess(10);
    const [wrong, right] = [await attempt('wrong password'), await attempt(owner.password)];
    expect(right.status).toBe(429);
    expect(timeless(right)).toBe(timeless(wrong));
  });

  it('L7: the device of another name should open nothing', async () => {
    const { deviceToken } = await newAccount(running.url);
    await guess(10);
    const device = ['x-device-token', deviceToken];
    expect((await attempt(owner.password, device)).status).toBe(429);
    const own = ['x-device-token', owner.deviceToken];
    expect((await attempt(owner.password, own)).status).toBe(200);
  });
});
