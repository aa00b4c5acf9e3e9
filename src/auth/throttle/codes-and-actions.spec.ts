import { parseList } from 'structured-headers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../problems/problem.js';
import { testDialects } from '../../../test/support/fresh-database.js';
import { HOUR, MINUTE, SECOND, ThrottleBench } from '../../../test/support/throttle.js';
import type { Admission, Reservation } from './admission.js';
import { newCode } from '../codes/one-time-code.js';

describe.each(testDialects())('one-time codes and other limits on %s', dialect => {
  let bench: ThrottleBench;
  let ann: { id: number };
  let bob: { id: number };
  let bots = 0;

  beforeEach(async () => {
    bench = await ThrottleBench.open(dialect);
    ann = await bench.addUser('ann');
    bob = await bench.addUser('bob');
    for (let guess = 0; guess < 10; guess += 1) {
      await stranger();
    }
  });

  afterEach(() => bench.close());

  const stranger = (ticket?: string): Promise<Admission> => {
    bots += 1;
    const address = `10.${bots >> 8}.${bots & 255}.1`;
    return bench.throttle.admitLogin({ nameKey: 'ann', user: ann, address, ticket });
  };
  const ticketFor = async ({ id }: { id: number }) => (await bench.codes.create(id, 'login')).code;
  const resetFor = async ({ id }: { id: number }) => (await bench.codes.create(id, 'reset')).code;
  const redeem = (code: string, user?: { id: number }) =>
    bench.database.write(() => bench.codes.redeemReset(user?.id, code));
  const succeed = (admission: Admission) =>
    bench.database.write(tx =>
      bench.throttle.loginSucceeded(tx, admission, { userId: ann.id, address: '192.0.2.1' }),
    );
  const refusal = async (attempt: Promise<unknown>): Promise<Problem> => {
    const outcome = await attempt.catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Problem);
    return outcome as Problem;
  };
  /** The same code with another last symbol. */
  const misread = (code: string) => code.slice(0, -1) + (code.endsWith('Z') ? 'Y' : 'Z');

  it('should let a ticket in during an attack, once', async () => {
    await refusal(stranger());
    const ticket = await ticketFor(ann);
    const admission = await stranger(ticket.toLowerCase());
    expect(admission).toMatchObject({ lane: 'ticket', hashLane: 'trusted' });
    await succeed(admission);
    await refusal(stranger(ticket));
    expect(await bench.count('one_time_codes')).toBe(0);
  });

  it('should void a ticket after five failed logins, not counting what was refunded', async () => {
    const ticket = await ticketFor(ann);
    for (let login = 0; login < 5; login += 1) {
      await bench.throttle.refund(await stranger(ticket));
      await bench.throttle.loginFailed(await stranger(ticket));
    }
    await refusal(stranger(ticket));
  });

  it('should not void a ticket for the wrong tickets of strangers', async () => {
    const ticket = await ticketFor(ann);
    for (let guess = 0; guess < 20; guess += 1) {
      await refusal(stranger(newCode().code));
    }
    expect((await stranger(ticket)).lane).toBe('ticket');
  });

  it('should take the ticket of another user, an older and an expired one for none', async () => {
    await refusal(stranger(await ticketFor(bob)));
    const older = await ticketFor(ann);
    const ticket = await ticketFor(ann);
    await refusal(stranger(older));
    await refusal(stranger(await resetFor(ann)));
    bench.now += 10 * MINUTE - 1;
    expect((await stranger(ticket)).lane).toBe('ticket');
    bench.now += 1;
    await refusal(stranger(ticket));
  });

  it('should take a reset code once, of its user, within the hour', async () => {
    const code = await resetFor(ann);
    expect(await redeem(code)).toBe(false);
    expect(await redeem(code, bob)).toBe(false);
    bench.now += HOUR - 1;
    expect(await bench.codes.checkReset(ann.id, code)).toBe(true);
    expect(await redeem(code, ann)).toBe(true);
    expect(await bench.codes.checkReset(ann.id, code)).toBe(false);
    expect(await redeem(code, ann)).toBe(false);

    const late = await resetFor(ann);
    bench.now += HOUR;
    expect(await redeem(late, ann)).toBe(false);
  });

  it('should void a reset code after five wrong ones that resemble it, or a newer one', async () => {
    const older = await resetFor(ann);
    const code = await resetFor(ann);
    expect(await redeem(older, ann)).toBe(false);
    for (let guess = 0; guess < 20; guess += 1) {
      expect(await redeem(newCode().code, ann)).toBe(false);
    }
    for (let guess = 0; guess < 4; guess += 1) {
      expect(await bench.codes.checkReset(ann.id, misread(code))).toBe(false);
      expect(await bench.codes.checkReset(ann.id, code)).toBe(true);
    }
    expect(await redeem(misread(code), ann)).toBe(false);
    expect(await redeem(code, ann)).toBe(false);
  });

  it('should let only one of two simultaneous redemptions succeed', async () => {
    const code = await resetFor(ann);
    const results = await Promise.all([redeem(code, ann), redeem(code, ann), redeem(code, ann)]);
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it('should forget what a user is known by but where the password changed, and leave a ticket', async () => {
    const ticket = await ticketFor(ann);
    const code = await resetFor(ann);
    await succeed(await stranger(ticket));
    const next = await ticketFor(ann);
    await bench.database.write(async tx => {
      await bench.throttle.resetAfterPasswordChange(tx, ann.id, '198.51.100.7');
      await bench.codes.voidReset(ann.id);
    });
    expect(await bench.count('trusted_devices')).toBe(0);
    expect(await bench.count('known_networks')).toBe(2);
    expect(await bench.count('known_networks', 'network = $1', ['198.51.100.0/24'])).toBe(1);
    expect(await redeem(code, ann)).toBe(false);
    expect((await stranger(next)).lane).toBe('ticket');
  });

  it('should leave no trace of a success whose unit of work failed', async () => {
    const admission = await stranger(await ticketFor(ann));
    const failing = bench.database.write(async tx => {
      await bench.throttle.loginSucceeded(tx, admission, { userId: ann.id, address: '192.0.2.1' });
      throw new Error('no session');
    });
    await expect(failing).rejects.toThrow('no session');
    expect(await bench.count('trusted_devices')).toBe(0);
    expect(await bench.count('known_networks')).toBe(0);
    expect(await bench.count('one_time_codes')).toBe(1);
    const deviceToken = await succeed(admission);
    expect(deviceToken).toMatch(/^[\w-]{43}$/);
  });

  it('should give a place back once, by refund or by success', async () => {
    bench.now += 15 * MINUTE;
    const admission = await stranger();
    await bench.throttle.refund(admission);
    await bench.throttle.refund(admission);
    await succeed(admission);
    await stranger();
    await refusal(stranger());
  });

  it('should keep no name that somebody typed, nor a session id', async () => {
    const typed = 'hunter2 typed in the wrong field';
    await bench.throttle.admitLogin({ nameKey: typed, address: '192.0.2.1' });
    await bench.throttle.admit('refresh', 'session-id');
    const rows = JSON.stringify(await bench.database.all('SELECT * FROM auth_throttle'));
    expect(rows).not.toMatch(/hunter2|session-id|ann/);
  });

  it('should count resets by address and by network, with the guesses of strangers', async () => {
    const reset = (address: string): Promise<Reservation> =>
      bench.throttle.admitAnonymous('reset', address);
    for (let index = 0; index < 20; index += 1) {
      await reset('2001:db8:1:2::1');
    }
    const sameHost = await refusal(reset('2001:db8:1:2:3:4:5:6'));
    expect(sameHost.headers).toMatchObject({
      'retry-after': '30',
      'ratelimit-policy': '"reset";q=20;w=600',
    });
    for (let index = 0; index < 79; index += 1) {
      await reset(`2001:db8:1:${index + 10}::1`);
    }
    await bench.throttle.admitLogin({ nameKey: 'ghost', address: '2001:db8:1:ffff::1' });
    expect((await refusal(reset('2001:db8:1:fffe::1'))).headers['retry-after']).toBe('6');
    await reset('2001:db8:2::1');
  });

  it.each([
    ['password_change', 10, 900],
    ['refresh', 120, 1],
  ] as const)(
    'should let %s be done %i times at once, then every %i s',
    async (action, burst, seconds) => {
      const admit = (key = 'one'): Promise<Reservation> => bench.throttle.admit(action, key);
      for (let index = 0; index < burst; index += 1) {
        await admit();
      }
      const { headers } = await refusal(admit());
      expect(headers['retry-after']).toBe(String(seconds));
      expect(parseList(headers['ratelimit-policy'])).toEqual([
        [
          action,
          new Map([
            ['q', burst],
            ['w', burst * seconds],
          ]),
        ],
      ]);
      expect(parseList(headers.ratelimit)).toEqual([
        [
          action,
          new Map([
            ['r', 0],
            ['t', seconds],
          ]),
        ],
      ]);
      await admit('another');
      bench.now += seconds * SECOND;
      await bench.throttle.refund(await admit());
      await admit();
      await refusal(admit());
    },
  );

  it('should count registrations by network, if there is a limit', async () => {
    const limit = { count: 60, perMs: HOUR };
    for (let host = 0; host < 60; host += 1) {
      await bench.throttle.admitRegistration(`192.0.2.${host}`, limit);
    }
    const { headers } = await refusal(bench.throttle.admitRegistration('192.0.2.200', limit));
    expect(headers).toMatchObject({ 'retry-after': '60', ratelimit: '"registration";r=0;t=60' });
    expect(headers['ratelimit-policy']).toBe('"registration";q=60;w=3600');
    await bench.throttle.admitRegistration('192.0.3.1', limit);
    const rows = await bench.count('auth_throttle');
    await bench.throttle.admitRegistration('192.0.2.200', undefined);
    expect(await bench.count('auth_throttle')).toBe(rows);
  });
});
