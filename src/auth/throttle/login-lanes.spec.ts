import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../problems/problem.js';
import { testDialects } from '../../../test/support/fresh-database.js';
import { DAY, HOUR, MINUTE, SECOND, ThrottleBench } from '../../../test/support/throttle.js';
import type { Admission } from './admission.js';
import { DEVICES_PER_USER, NETWORKS_PER_USER } from './limits.js';
import type { LoginSource } from './throttle.service.js';

const HOME = '198.51.100.7';
const CAFE = '203.0.113.9';

describe.each(testDialects())('the lanes of a login on %s', dialect => {
  let bench: ThrottleBench;
  let ann: { id: number };
  let bob: { id: number };

  beforeEach(async () => {
    bench = await ThrottleBench.open(dialect);
    ann = await bench.addUser('ann');
    bob = await bench.addUser('bob');
  });

  afterEach(() => bench.close());

  const asAnn = (more: Partial<LoginSource> = {}): LoginSource => ({
    nameKey: 'ann',
    user: ann,
    address: CAFE,
    ...more,
  });

  const admit = (attempt: LoginSource): Promise<Admission> => bench.throttle.admitLogin(attempt);

  const fail = async (attempt: LoginSource): Promise<Admission> => {
    const admission = await admit(attempt);
    await bench.throttle.loginFailed(admission);
    return admission;
  };

  const succeed = async (attempt: LoginSource): Promise<string> => {
    const admission = await admit(attempt);
    const place = { userId: attempt.user?.id ?? 0, address: attempt.address };
    return bench.database.write(tx => bench.throttle.loginSucceeded(tx, admission, place));
  };

  const refusal = (attempt: LoginSource): Promise<Problem> => refusalOf(admit(attempt));
  const refusalOf = async (attempt: Promise<unknown>): Promise<Problem> => {
    const outcome: unknown = await attempt.catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Problem);
    return outcome as Problem;
  };

  let bots = 0;
  /** An address in a network that no test has used. */
  const elsewhere = (): string => {
    bots += 1;
    return `10.${bots >> 8}.${bots & 255}.1`;
  };

  /** Strangers take all that there is for a name, from everywhere. */
  const besiege = async (nameKey: string, user?: { id: number }): Promise<number> => {
    for (let guesses = 0; ; guesses += 1) {
      const admission = await fail({ nameKey, user, address: elsewhere() }).catch(() => undefined);
      if (admission === undefined) {
        return guesses;
      }
      expect(admission).toMatchObject({ lane: 'stranger', hashLane: 'stranger' });
    }
  };

  it('should give strangers ten guesses at a name, whether it exists or not', async () => {
    expect(await besiege('ann', ann)).toBe(10);
    expect(await besiege('nosuch')).toBe(10);
    const known = await refusal(asAnn({ address: elsewhere() }));
    const unknown = await refusal({ nameKey: 'nosuch', address: elsewhere() });
    expect(known).toMatchObject({
      code: 'too_many_requests',
      headers: {
        'retry-after': '900',
        'ratelimit-policy': '"login";q=10;w=900',
        ratelimit: '"login";r=0;t=900',
      },
    });
    expect(unknown.headers).toEqual(known.headers);
    expect(unknown.detail).toBe(known.detail);
  });

  it('should have a place exactly when Retry-After says', async () => {
    await besiege('ann', ann);
    bench.now += 123_456;
    const seconds = Number((await refusal(asAnn())).headers['retry-after']);
    expect(seconds).toBe(Math.ceil((15 * MINUTE - 123_456) / SECOND));
    bench.now += (seconds - 1) * SECOND;
    await refusal(asAnn());
    bench.now += SECOND;
    expect((await admit(asAnn())).lane).toBe('stranger');
  });

  it('should count strangers by address and by network as well', async () => {
    for (let index = 0; index < 20; index += 1) {
      await admit({ nameKey: `ghost ${index}`, address: '2001:db8:1:2::1' });
    }
    const sameHost = await refusal({ nameKey: 'another', address: '2001:db8:1:2:3:4:5:6' });
    expect(sameHost.headers['retry-after']).toBe('30');
    for (let index = 0; index < 80; index += 1) {
      await admit({ nameKey: `other ${index}`, address: `2001:db8:1:${index + 10}::1` });
    }
    const sameNetwork = await refusal({ nameKey: 'another', address: '2001:db8:1:ffff::1' });
    expect(sameNetwork.headers['retry-after']).toBe('6');
    expect((await admit({ nameKey: 'another', address: '2001:db8:2::1' })).lane).toBe('stranger');
  });

  it('should let a known device in during an attack', async () => {
    const deviceToken = await succeed(asAnn({ address: HOME }));
    await besiege('ann', ann);
    await refusal(asAnn());
    for (let login = 0; login < 30; login += 1) {
      const admission = await admit(asAnn({ deviceToken }));
      expect(admission).toMatchObject({ lane: 'device', hashLane: 'trusted' });
      await bench.throttle.refund(admission);
    }
  });

  it('should give the same device token again, and another one to a stranger', async () => {
    const deviceToken = await succeed(asAnn());
    expect(deviceToken).toMatch(/^[\w-]{43}$/);
    expect(await succeed(asAnn({ deviceToken }))).toBe(deviceToken);
    const other = await succeed(asAnn({ deviceToken: `${deviceToken.slice(0, -4)}AAAA` }));
    expect(other).not.toBe(deviceToken);
    expect(await bench.count('trusted_devices', 'hash = $1', [deviceToken])).toBe(0);
    expect(await bench.count('trusted_devices')).toBe(2);
  });

  it('should take the device token of another user for a stranger', async () => {
    const deviceToken = await succeed(asAnn({ address: HOME }));
    const admission = await admit({ nameKey: 'bob', user: bob, address: HOME, deviceToken });
    expect(admission).toMatchObject({ lane: 'stranger', device: undefined });
    const nobody = await admit({ nameKey: 'nosuch', address: HOME, deviceToken });
    expect(nobody).toMatchObject({ lane: 'stranger', device: undefined });
  });

  it('should know a device for 180 days after its last login', async () => {
    const deviceToken = await succeed(asAnn({ address: HOME }));
    bench.now += 180 * DAY - 1;
    expect(await succeed(asAnn({ deviceToken }))).toBe(deviceToken);
    bench.now += 180 * DAY - 1;
    await bench.sweep();
    expect((await admit(asAnn({ deviceToken }))).lane).toBe('device');
    bench.now += 1;
    expect((await admit(asAnn({ deviceToken }))).lane).toBe('stranger');
    await bench.sweep();
    expect(await bench.count('trusted_devices')).toBe(0);
  });

  it('should forget a device after ten failures in a row, and not before', async () => {
    const deviceToken = await succeed(asAnn({ address: HOME }));
    const failNineTimes = async () => {
      for (let failure = 0; failure < 9; failure += 1) {
        expect((await fail(asAnn({ deviceToken }))).lane).toBe('device');
        bench.now += MINUTE;
      }
    };
    await failNineTimes();
    expect(await succeed(asAnn({ deviceToken }))).toBe(deviceToken);
    await failNineTimes();
    expect((await fail(asAnn({ deviceToken }))).lane).toBe('device');
    expect(await bench.count('trusted_devices')).toBe(0);
    expect((await admit(asAnn({ deviceToken, address: elsewhere() }))).lane).toBe('stranger');
  });

  it('should keep the devices that were used last', async () => {
    const oldest = await succeed(asAnn());
    for (let device = 0; device < DEVICES_PER_USER; device += 1) {
      bench.now += 2 * MINUTE;
      await succeed(asAnn());
    }
    expect(await bench.count('trusted_devices')).toBe(DEVICES_PER_USER);
    expect((await admit(asAnn({ deviceToken: oldest, address: elsewhere() }))).lane).toBe(
      'stranger',
    );
  });

  it('should give a network that the user came from five separate tries for 30 days', async () => {
    await succeed(asAnn({ address: HOME }));
    await besiege('ann', ann);
    const neighbour = HOME.replace(/\d+$/, '200');
    for (let guess = 0; guess < 5; guess += 1) {
      const admission = await fail(asAnn({ address: neighbour }));
      expect(admission).toMatchObject({ lane: 'network', hashLane: 'trusted' });
    }
    expect((await refusal(asAnn({ address: neighbour }))).headers['retry-after']).toBe('300');
    bench.now += 5 * MINUTE;
    expect((await fail(asAnn({ address: neighbour }))).lane).toBe('network');
    expect((await admit({ nameKey: 'bob', user: bob, address: HOME })).lane).toBe('stranger');

    bench.now += 30 * DAY - 5 * MINUTE;
    expect((await admit(asAnn({ address: HOME }))).lane).toBe('stranger');
    await bench.sweep();
    expect(await bench.count('known_networks')).toBe(0);
  });

  it('should let the owner in from the exact address while neighbours use up the network', async () => {
    await succeed(asAnn({ address: HOME }));
    await besiege('ann', ann);
    const neighbour = HOME.replace(/\d+$/, '200');
    for (let guess = 0; guess < 20; guess += 1) {
      await fail(asAnn({ address: neighbour })).catch(() => undefined);
    }
    expect((await refusal(asAnn({ address: neighbour }))).headers['retry-after']).toBe('300');
    for (let guess = 0; guess < 5; guess += 1) {
      const admission = await fail(asAnn({ address: HOME }));
      expect(admission).toMatchObject({ lane: 'address', hashLane: 'trusted' });
    }
    await refusal(asAnn({ address: HOME }));
  });

  it('should take any address in the /64 of an IPv6 login for the exact one', async () => {
    await succeed(asAnn({ address: '2001:db8:1:2::7' }));
    expect((await admit(asAnn({ address: '2001:db8:1:2:3::9' }))).lane).toBe('address');
    expect((await admit(asAnn({ address: '2001:db8:1:3::7' }))).lane).toBe('network');
    expect((await admit(asAnn({ address: '2001:db8:2:2::7' }))).lane).toBe('stranger');
  });

  it('should remember the addresses and networks that were used last', async () => {
    for (let login = 0; login <= NETWORKS_PER_USER / 2; login += 1) {
      bench.now += 2 * MINUTE;
      await succeed(asAnn({ address: `10.9.${login}.1` }));
    }
    expect(await bench.count('known_networks')).toBe(NETWORKS_PER_USER);
    expect((await admit(asAnn({ address: '10.9.0.1' }))).lane).toBe('stranger');
    expect((await admit(asAnn({ address: '10.9.1.1' }))).lane).toBe('address');
  });

  it('should let a user log in 30 times at once, then every two minutes, by whatever lane', async () => {
    let deviceToken = await succeed(asAnn({ address: HOME }));
    for (let login = 1; login < 30; login += 1) {
      deviceToken = await succeed(asAnn({ address: HOME, ...(login % 2 && { deviceToken }) }));
    }
    for (const more of [{ deviceToken }, { address: HOME }]) {
      expect((await refusal(asAnn(more))).headers['retry-after']).toBe('120');
    }
    // A stranger gets the same answer whether the name has logged in or not, but no session.
    const admission = await admit(asAnn());
    expect(admission.lane).toBe('stranger');
    const place = { userId: ann.id, address: CAFE };
    const login = bench.database.write(tx => bench.throttle.loginSucceeded(tx, admission, place));
    expect((await refusalOf(login)).code).toBe('too_many_requests');
    expect(await bench.count('auth_throttle', `k LIKE 'u:%' AND failures = 1`)).toBe(1);
    expect((await admit({ nameKey: 'bob', user: bob, address: HOME })).lane).toBe('stranger');
    bench.now += 2 * MINUTE;
    await succeed(asAnn({ deviceToken }));
    await refusal(asAnn({ deviceToken }));
  });

  it('should give strangers one guess an hour after 100 failures, until one of them succeeds', async () => {
    let guesses = await besiege('ann', ann);
    for (; guesses < 100; guesses += 1) {
      bench.now += 15 * MINUTE;
      await fail(asAnn({ address: elsewhere() }));
    }
    await bench.sweep();
    expect((await refusal(asAnn())).headers['retry-after']).toBe('3600');
    bench.now += HOUR;
    await fail(asAnn({ address: elsewhere() }));
    expect((await refusal(asAnn())).headers['retry-after']).toBe('3600');

    bench.now += HOUR;
    await succeed(asAnn({ address: HOME }));
    await besiege('ann', ann);
    expect((await refusal(asAnn())).headers['retry-after']).toBe('900');
  });

  it('should remember the failures of someone who waits each time until the bucket is empty', async () => {
    for (let guess = 0; guess < 100; guess += 1) {
      await fail(asAnn({ address: elsewhere() }));
      bench.now += 16 * MINUTE;
      await bench.sweep();
    }
    expect(await besiege('ann', ann)).toBe(2);
    expect((await refusal(asAnn())).headers['retry-after']).toBe('1800');
  });

  it('should not let the success of a device end the failures of strangers', async () => {
    const deviceToken = await succeed(asAnn({ address: HOME }));
    await besiege('ann', ann);
    await succeed(asAnn({ deviceToken }));
    await refusal(asAnn({ address: elsewhere() }));
    expect(await bench.count('auth_throttle', `k LIKE 'u:%' AND failures = 10`)).toBe(1);
  });
});
