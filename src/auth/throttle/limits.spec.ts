import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOGIN_LIMITS, costOf, failureMemoryOf, waitOf, windowOf } from './limits.js';
import type { Limit } from './limits.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The tries that get in when somebody tries at each of these moments and never succeeds. */
function admitted(limit: Limit, moments: readonly number[]): number[] {
  let bucket = { tat: 0, failures: 0, expiresAt: 0 };
  return moments.filter(now => {
    // The worst that a sweep can do: it comes just before each try.
    bucket = bucket.expiresAt <= now ? { tat: 0, failures: 0, expiresAt: 0 } : bucket;
    if (waitOf(limit, bucket, now) > 0) {
      return false;
    }
    const tat = Math.max(bucket.tat, now) + costOf(limit, bucket.failures);
    const failures = bucket.failures + 1;
    const remembered = Math.min(failures, limit.slow?.afterFailures ?? failures);
    bucket = { tat, failures, expiresAt: tat + failureMemoryOf(limit) * remembered };
    return true;
  });
}

describe('the generic cell rate algorithm', () => {
  it('should let the burst in at once and then one every interval', () => {
    const limit = { burst: 3, intervalMs: 1_000 };
    const tries = [0, 0, 0, 0, 999, 1_000, 1_000, 1_999, 2_000].map(ms => ms + DAY);
    expect(admitted(limit, tries).map(ms => ms - DAY)).toEqual([0, 0, 0, 1_000, 2_000]);
  });

  it('should never let in more than burst and elapsed time allow, whatever the moments', () => {
    const limits = fc.record({
      burst: fc.integer({ min: 1, max: 20 }),
      intervalMs: fc.integer({ min: 1, max: 1_000 }),
    });
    fc.assert(
      fc.property(
        limits,
        fc.array(fc.nat(20_000), { minLength: 1, maxLength: 200 }),
        (limit, ms) => {
          const moments = ms.map(one => one + DAY).sort((a, b) => a - b);
          const elapsed = moments[moments.length - 1] - moments[0];
          const most = limit.burst + Math.floor(elapsed / limit.intervalMs);
          expect(admitted(limit, moments).length).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  it('should say exactly when the next place is free', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(200), fc.nat(10_000_000), (tat, failures, now) => {
        const limit = LOGIN_LIMITS.strangersOfName;
        const wait = waitOf(limit, { tat, failures }, now);
        expect(waitOf(limit, { tat, failures }, now + wait)).toBe(0);
        if (wait > 0) {
          expect(waitOf(limit, { tat, failures }, now + wait - 1)).toBe(1);
        }
      }),
    );
  });

  it('should give someone who guesses one name without pause 106 tries on the first day, then 24 a day', () => {
    const everyMinute = Array.from({ length: 10 * 24 * 60 }, (_, minute) => DAY + minute * MINUTE);
    const tries = admitted(LOGIN_LIMITS.strangersOfName, everyMinute);
    const byDay = (day: number) =>
      tries.filter(ms => ms >= day * DAY && ms < (day + 1) * DAY).length;
    expect(byDay(1)).toBeGreaterThan(99);
    expect(byDay(1)).toBeLessThanOrEqual(106);
    expect([3, 4, 5, 6, 7, 8, 9, 10].map(byDay)).toEqual(Array(8).fill(24));
  });

  it('should give no more for pausing until their failures are forgotten', () => {
    const limit = LOGIN_LIMITS.strangersOfName;
    for (const row of [1, 5, 10, 20, 50, 99, 100, 120]) {
      let now = DAY;
      const days = 60;
      const moments: number[] = [];
      while (now < (days + 1) * DAY) {
        const began = now;
        for (let guess = 0; guess < row; guess += 1) {
          moments.push(now);
          now += guess < limit.burst - 1 ? 0 : costOf(limit, guess + 1);
        }
        // Until the bucket is empty and everything is forgotten.
        const empty = Math.max(now, began + row * limit.intervalMs);
        now = empty + failureMemoryOf(limit) * Math.min(row, limit.slow.afterFailures) + MINUTE;
      }
      expect(admitted(limit, moments).length / days).toBeLessThan(26.5);
    }
  });

  it('should reach as far as the burst', () => {
    expect(windowOf(LOGIN_LIMITS.strangersOfName)).toBe(150 * MINUTE);
  });
});
