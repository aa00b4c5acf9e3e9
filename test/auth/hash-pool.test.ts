import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HashPool } from '../../src/auth/passwords/hash-pool.js';
import type { HashLane } from '../../src/auth/throttle/admission.js';
import { builtHashPool } from './built-hash-pool.js';

/** Costs in tests: one that takes no time, and one that takes about half a second. */
const QUICK = 4;
const SLOW = 13;
const DIGEST = 'd'.repeat(64);

/** What a full pool answers, whichever copy of the class it comes from. */
const UNAVAILABLE = { name: 'Problem', code: 'unavailable', headers: { 'retry-after': '1' } };

describe('HashPool', () => {
  let pool: HashPool;
  const threads: Worker[] = [];
  process.on('worker', thread => threads.push(thread));

  const open = async (size: number): Promise<HashPool> => (pool = await builtHashPool(size));

  afterEach(async () => {
    await pool.close();
    threads.length = 0;
  });

  /** Starts hashes; `settled` grows as they end. */
  function start(count: number, lane: HashLane, cost: number, owner?: string) {
    const settled: PromiseSettledResult<string>[] = [];
    const all = Array.from({ length: count }, async () => {
      const [result] = await Promise.allSettled([pool.hash(DIGEST, cost, lane, owner)]);
      settled.push(result);
      return result;
    });
    return { settled, all: Promise.all(all) };
  }

  it('should hash, and tell the right digest from a wrong one and from none', async () => {
    await open(1);
    const bcrypt = await pool.hash(DIGEST, QUICK, 'trusted');
    expect(bcrypt).toMatch(/^\$2b\$04\$.{53}$/);
    expect(await pool.compare(DIGEST, bcrypt, [], 'stranger')).toBe(true);
    expect(await pool.compare(DIGEST, bcrypt, [QUICK], 'stranger')).toBe(true);
    expect(await pool.compare('e'.repeat(64), bcrypt, [], 'stranger')).toBe(false);
    expect(await pool.compare(DIGEST, undefined, [QUICK], 'stranger')).toBe(false);
  });

  it('should start no thread before the first hash, and never more than it may', async () => {
    await open(2);
    expect(threads).toHaveLength(0);
    await start(20, 'trusted', QUICK).all;
    expect(threads).toHaveLength(2);
  });

  it.each([
    ['trusted', 64],
    ['stranger', 8],
  ] as const)('should refuse a %s beyond %i who wait, and serve them', async (lane, places) => {
    await open(1);
    const { settled, all } = start(1 + places, lane, QUICK);
    const late = await Promise.allSettled([pool.hash(DIGEST, QUICK, lane)]);
    expect(late[0]).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    expect(settled).toHaveLength(0);
    await all;
    expect(settled.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await pool.hash(DIGEST, QUICK, lane)).toBeTruthy();
  });

  it('should have places for who is trusted when those of strangers are taken', async () => {
    await open(1);
    const strangers = start(9, 'stranger', QUICK);
    expect(await pool.hash(DIGEST, QUICK, 'trusted')).toBeTruthy();
    await strangers.all;
  });

  it('should never give strangers the last thread', async () => {
    await open(2);
    const strangers = start(9, 'stranger', SLOW);
    await pool.hash(DIGEST, QUICK, 'trusted');
    expect(strangers.settled).toHaveLength(0);
    await pool.close();
    await strangers.all;
  });

  it('should serve known clients before strangers who came earlier, but for every third hash', async () => {
    await open(1);
    const strangers = start(9, 'stranger', 9);
    const trusted = start(3, 'trusted', QUICK);
    await trusted.all;
    expect(strangers.settled.length).toBeLessThanOrEqual(2);
    await strangers.all;
  });

  it('should serve a stranger within three hashes, however many known clients wait', async () => {
    await open(1);
    const known = start(60, 'trusted', QUICK);
    for (let newcomer = 0; newcomer < 5; newcomer += 1) {
      const before = known.settled.length;
      await pool.hash(DIGEST, QUICK, 'stranger');
      // The one that was being hashed, and two more.
      expect(known.settled.length - before).toBeLessThanOrEqual(3);
    }
    expect(known.settled.length).toBeLessThan(20);
    await known.all;
  });

  it('should serve a newcomer after the running hash of a known client who has many', async () => {
    await open(1);
    const flood = start(60, 'trusted', 9, 'eve');
    await expect.poll(() => flood.settled.length, { interval: 1 }).toBeGreaterThan(2);
    for (let newcomer = 0; newcomer < 5; newcomer += 1) {
      const before = flood.settled.length;
      await pool.hash(DIGEST, QUICK, 'stranger', 'network');
      expect(flood.settled.length - before).toBeLessThanOrEqual(1);
    }
    for (let login = 0; login < 5; login += 1) {
      const before = flood.settled.length;
      await pool.hash(DIGEST, QUICK, 'trusted', `user ${login}`);
      expect(flood.settled.length - before).toBeLessThanOrEqual(1);
    }
    await flood.all;
  });

  it.each(['trusted', 'stranger'] as const)(
    'should leave the last thread to others while the same %s has hashes',
    async lane => {
      await open(3);
      const flood = start(8, lane, SLOW, 'eve');
      await pool.hash(DIGEST, QUICK, lane === 'trusted' ? 'stranger' : 'trusted', 'ada');
      await pool.hash(DIGEST, QUICK, 'trusted', 'bob');
      expect(flood.settled).toHaveLength(0);
      await pool.close();
      await flood.all;
    },
  );

  it('should let nothing wait longer than 15 s', async () => {
    await open(1);
    const running = start(1, 'trusted', SLOW);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const waiting = [start(1, 'trusted', QUICK), start(1, 'stranger', QUICK)];
      vi.advanceTimersByTime(15_000);
      for (const { all } of waiting) {
        expect(await all).toMatchObject([{ status: 'rejected', reason: UNAVAILABLE }]);
      }
    } finally {
      vi.useRealTimers();
    }
    expect(await running.all).toMatchObject([{ status: 'fulfilled' }]);
    expect(await pool.hash(DIGEST, QUICK, 'stranger')).toBeTruthy();
  });

  it('should replace a thread that dies, fail only its hash and continue with the others', async () => {
    await open(1);
    await pool.hash(DIGEST, QUICK, 'trusted');
    const doomed = start(1, 'trusted', 15);
    const others = start(3, 'stranger', QUICK);
    await threads[0].terminate();
    const [lost] = await doomed.all;
    expect(lost).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    const results = await others.all;
    expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(threads).toHaveLength(2);
  });

  it('should refuse the hash of a thread that dies at its start, and start another', async () => {
    await open(1);
    process.once('worker', (thread: Worker) => void thread.terminate());
    await expect(pool.hash(DIGEST, QUICK, 'trusted')).rejects.toMatchObject(UNAVAILABLE);
    expect(await pool.hash(DIGEST, QUICK, 'trusted')).toBeTruthy();
  });

  it('should outlive the death of an idle thread', async () => {
    await open(1);
    await pool.hash(DIGEST, QUICK, 'trusted');
    await threads[0].terminate();
    expect(await pool.hash(DIGEST, QUICK, 'trusted')).toBeTruthy();
  });

  it('should reject every waiting call when it closes', async () => {
    await open(1);
    const { all } = start(5, 'trusted', SLOW);
    await pool.close();
    for (const result of await all) {
      expect(result).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    }
    await expect(pool.hash(DIGEST, QUICK, 'trusted')).rejects.toMatchObject(UNAVAILABLE);
  });

  it('should leave the main thread free while it hashes', { retry: 2 }, async () => {
    await open(1);
    await pool.hash(DIGEST, QUICK, 'trusted');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    const began = performance.now();
    delay.enable();
    await start(4, 'trusted', 12).all;
    delay.disable();
    const oneHash = (performance.now() - began) / 4;
    const late = delay.percentile(99) / 1e6;
    console.log(
      `a hash takes ${oneHash.toFixed(0)} ms, the event loop is late by ${late.toFixed(1)} ms (p99)`,
    );
    expect(late).toBeLessThan(oneHash / 5);
  });
});
