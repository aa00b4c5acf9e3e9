import { createHmac, sign, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Processes, SESSION_MAX_AGE, TTL } from '../../../test/auth/key-processes.js';
import type { Process } from '../../../test/auth/key-processes.js';
import { testDialects } from '../../../test/support/fresh-database.js';
import { newKid } from './key-material.js';

describe.each(testDialects())('KeyRing on %s', dialect => {
  let processes: Processes;

  beforeEach(async () => {
    processes = await Processes.on(dialect);
  });

  afterEach(async () => {
    vi.useRealTimers();
    await processes.remove();
  });

  /** Moves the wall clock, not the timers. */
  function travel(ms: number): void {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: now + ms });
  }

  const count = async ({ database }: Process): Promise<number> => {
    const row = await database.get<{ n: number }>('SELECT count(*) AS n FROM signing_keys');
    return Number(row?.n);
  };

  it('should make one current key of each purpose and keep them over a restart', async () => {
    const first = await processes.start();
    const second = await processes.start();
    expect((await first.ring.list()).map(key => [key.purpose, key.algorithm])).toEqual(
      expect.arrayContaining([
        ['signing', 'HS256'],
        ['pepper', null],
        ['server', null],
      ]),
    );
    expect(await second.ring.list()).toEqual(await first.ring.list());
    expect(await second.ring.serverKey()).toEqual(await first.ring.serverKey());
    expect(await first.ring.serverKey()).toHaveLength(32);
    const [a, b] = [await first.ring.signingKey(), await second.ring.signingKey()];
    expect(b.kid).toBe(a.kid);
    expect(b.key.equals(a.key)).toBe(true);
  });

  it('should end with the same keys when processes start at once on an empty database', async () => {
    const racing = [];
    for (let i = 0; i < 4; i++) {
      racing.push(await processes.create());
    }
    await Promise.all(racing.map(({ ring }) => ring.onModuleInit()));
    expect(await count(racing[0])).toBe(3);
    const kids = await Promise.all(racing.map(async ({ ring }) => (await ring.signingKey()).kid));
    expect(new Set(kids).size).toBe(1);
    const peppers = await Promise.all(racing.map(({ ring }) => ring.pepper()));
    expect(new Set(peppers.map(({ kid }) => kid)).size).toBe(1);
    const shared = await Promise.all(racing.map(({ ring }) => ring.serverKey()));
    expect(new Set(shared.map(key => key.toString('hex'))).size).toBe(1);
  });

  it('should keep nothing in the database that tells a key', async () => {
    const { ring, database } = await processes.start({ jwtAlgorithm: 'ES256' });
    const rows = JSON.stringify(await database.all('SELECT * FROM signing_keys'));
    const { key } = await ring.signingKey();
    const { d } = key.export({ format: 'jwk' });
    for (const material of [await ring.serverKey(), Buffer.from(d ?? '', 'base64url')]) {
      for (const encoding of ['base64', 'base64url', 'hex', 'latin1'] as const) {
        expect(rows).not.toContain(material.toString(encoding));
      }
    }
    expect(JSON.stringify([await ring.list(), await ring.jwks()])).not.toContain(d);
  });

  it('should verify an old key until its last token has ended, and delete it later', async () => {
    const { ring } = await processes.start();
    const old = await ring.signingKey();
    const made = await ring.rotate('signing');
    expect((await ring.signingKey()).kid).toBe(made.kid);
    expect(made.kid).not.toBe(old.kid);

    travel(TTL - 1000);
    expect(await ring.verificationKey(old.kid)).toMatchObject({ algorithm: 'HS256' });
    travel(3000);
    expect(ring.cachedVerificationKey(old.kid)).toBeUndefined();
    expect(await ring.verificationKey(old.kid)).toBeUndefined();
    expect(await ring.verificationKey(made.kid)).toBeDefined();
    expect(await ring.sweep()).toBe(1);
    expect((await ring.list()).map(({ kid }) => kid)).not.toContain(old.kid);
  });

  it('should delete with the next rotation what has ended', async () => {
    const started = await processes.start();
    await started.ring.rotate('signing');
    expect(await count(started)).toBe(4);
    travel(TTL + 2000);
    await started.ring.rotate('signing');
    expect(await count(started)).toBe(4);
  });

  it('should show a rotation to other processes within a second', async () => {
    const [a, b] = [await processes.start(), await processes.start()];
    const { kid } = await a.ring.rotate('signing');
    const asked = performance.now();
    expect(await b.ring.verificationKey(kid)).toBeDefined();
    expect(performance.now() - asked).toBeLessThan(1500);
    await expect.poll(async () => (await b.ring.signingKey()).kid, { timeout: 1500 }).toBe(kid);
  });

  it('should stop taking a key that another process retired and whose tokens have ended', async () => {
    const [a, b] = [await processes.start(), await processes.start()];
    const { kid } = await b.ring.signingKey();
    await a.ring.rotate('signing');
    travel(TTL + 2000);
    await expect.poll(() => b.ring.verificationKey(kid), { timeout: 1500 }).toBeUndefined();
  });

  it('should read the keys once a second at most, whatever ids are asked for', async () => {
    const { ring, reads } = await processes.start();
    const before = reads();
    const began = performance.now();
    const elapsed = (): number => performance.now() - began;
    const guess = async (): Promise<void> => {
      do {
        expect(await ring.verificationKey(newKid())).toBeUndefined();
        expect(await ring.pepper(newKid())).toBeUndefined();
        expect(await ring.verificationKey("' OR 1=1")).toBeUndefined();
      } while (elapsed() < 1500);
    };
    await Promise.all(Array.from({ length: 100 }, guess));
    expect(reads() - before).toBeLessThanOrEqual(1 + elapsed() / 1000);
  });

  it('should answer without waiting or reading while what it knows is fresh', async () => {
    const { ring, reads } = await processes.start({ jwtAlgorithm: 'ES256' });
    const { kid } = await ring.rotate('signing');
    const before = reads();
    for (let i = 0; i < 100; i++) {
      expect(ring.cachedVerificationKey(kid)?.algorithm).toBe('ES256');
    }
    expect(reads()).toBe(before);
  });

  it('should never give a pepper or the server key for a token', async () => {
    const { ring } = await processes.start();
    const others = (await ring.list()).filter(({ purpose }) => purpose !== 'signing');
    expect(others).toHaveLength(2);
    for (const { kid } of others) {
      expect(await ring.verificationKey(kid)).toBeUndefined();
    }
    expect(await ring.pepper((await ring.signingKey()).kid)).toBeUndefined();
  });

  it('should publish the public keys of ES256 and nothing else', async () => {
    const { ring } = await processes.start({ jwtAlgorithm: 'ES256' });
    const old = await ring.signingKey();
    const signature = sign('sha256', Buffer.from('text'), old.key);
    const verifies = (await ring.verificationKey(old.kid))?.key;
    expect(verifies?.type).toBe('public');
    expect(verify('sha256', Buffer.from('text'), verifies!, signature)).toBe(true);

    await processes.start({ jwtAlgorithm: 'HS256' });
    const { keys } = await ring.jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(keys[0]).toMatchObject({
      kid: old.kid,
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
    });
    travel(TTL + 2000);
    await expect.poll(() => ring.jwks(), { timeout: 1500 }).toEqual({ keys: [] });
  });

  it('should sign with a key of the configured algorithm from the next start on', async () => {
    const before = await processes.start();
    const old = await before.ring.signingKey();
    const [a, b] = [
      await processes.create({ jwtAlgorithm: 'ES256' }),
      await processes.create({ jwtAlgorithm: 'ES256' }),
    ];
    await Promise.all([a.ring.onModuleInit(), b.ring.onModuleInit()]);
    const key = await a.ring.signingKey();
    expect(key.algorithm).toBe('ES256');
    expect((await b.ring.signingKey()).kid).toBe(key.kid);
    expect(await a.ring.verificationKey(old.kid)).toMatchObject({ algorithm: 'HS256' });
    expect(await count(a)).toBe(4);
  });

  it('should make one new key when two processes rotate at once', async () => {
    const [a, b] = [await processes.start(), await processes.start({ jwtAlgorithm: 'ES256' })];
    await Promise.all([a.ring.rotate('signing'), b.ring.rotate('signing')]);
    const current = (await a.ring.list()).filter(key => key.retiredAt === null);
    expect(current.map(({ purpose }) => purpose).sort()).toEqual(['pepper', 'server', 'signing']);
  });

  it('should give old peppers for good', async () => {
    const { ring } = await processes.start();
    const old = await ring.pepper();
    const made = await ring.rotate('pepper');
    travel(10 * 365 * 86_400_000);
    await ring.sweep();
    const restarted = await processes.start();
    expect((await restarted.ring.pepper()).kid).toBe(made.kid);
    const kept = await restarted.ring.pepper(old.kid);
    expect(createHmac('sha384', kept!.key).update('x').digest()).toEqual(
      createHmac('sha384', old.key).update('x').digest(),
    );
  });

  it('should find what an old server key signed, and what another process signed a moment ago', async () => {
    const [a, b] = [await processes.start(), await processes.start()];
    const old = await b.ring.serverKey();
    await a.ring.rotate('server');
    const made = await a.ring.serverKey();
    expect(made).not.toEqual(old);
    for (const { ring } of [a, b]) {
      for (const key of [old, made]) {
        const is = (each: Buffer): true | undefined => each.equals(key) || undefined;
        expect(await ring.findByServerKey(is)).toBe(true);
      }
      expect(await ring.findByServerKey(() => undefined)).toBeUndefined();
    }
    travel(SESSION_MAX_AGE + 2_000);
    const isOld = (each: Buffer): true | undefined => each.equals(old) || undefined;
    expect(await a.ring.findByServerKey(isOld)).toBeUndefined();
    expect(await a.ring.sweep()).toBe(1);
  });
});
