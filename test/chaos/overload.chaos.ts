import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { percentile } from '../attack/figures.js';
import { databases } from '../support/app.js';
import { newAccount } from '../support/client.js';
import { ROOT, run } from '../support/process.js';
import { note } from './round.js';
import { Subject } from './subject.js';

const SECONDS = Number(process.env.OVERLOAD_SECONDS ?? 8);
/** As many clients as keep one process busy. */
const BUSY = 64;
/** As many as an overload has. */
const MANY = 1_000;

interface Seen {
  served: number[];
  refused: number;
  failed: number;
  unsent: number;
  lastRefusal: number;
}

describe.each(databases())('a process with too many requests on %s', kind => {
  let subject: Subject;
  let token: string;

  beforeAll(async () => {
    subject = await Subject.start(kind);
    ({ token } = await newAccount(subject.url));
  });
  afterAll(() => subject?.stop());

  async function ask(more: { connections: number; perSecond?: number; seconds: number }) {
    const orders = { port: subject.port, path: '/authors?limit=20', token, ...more };
    const program = [`${ROOT}test/chaos/open-loop.mjs`, JSON.stringify(orders)];
    const { stdout } = await run(process.execPath, program, { cwd: ROOT });
    return JSON.parse(stdout) as Seen;
  }

  test('refuses early, serves the rest as fast as before, and recovers within 2 s', async () => {
    await ask({ connections: BUSY, seconds: 3 });
    const usual = await ask({ connections: BUSY, seconds: SECONDS });
    const capacity = usual.served.length / SECONDS;
    const before = { p99: percentile(usual.served, 99), memory: subject.memory };

    const over = await ask({ connections: MANY, perSecond: 3 * capacity, seconds: SECONDS });
    // The first half second counts as a burst.
    const p99 = percentile(over.served.slice(over.served.length / 10), 99);
    const memory = subject.memory;
    const after = await ask({ connections: BUSY, perSecond: capacity / 2, seconds: 4 });
    note({
      fault: `overload, 3 × ${Math.round(capacity)} requests/s`,
      database: kind,
      rounds: 1,
      acknowledged: over.served.length,
      lost: 0,
      integrity: `${over.refused} × 503, ${over.failed} failed, ${over.unsent} unsent`,
      'memory (MiB)': `${Math.round(before.memory)} → ${Math.round(memory)}`,
      descriptors: `p99 ${before.p99.toFixed(0)} → ${p99.toFixed(0)} ms`,
      'seconds to full service': (after.lastRefusal / 1_000).toFixed(1),
    });
    expect(over.refused).toBeGreaterThan(0);
    expect(over.failed).toBe(0);
    expect(p99).toBeLessThan(2 * before.p99);
    expect(memory).toBeLessThan(before.memory + 128);
    expect(after.lastRefusal).toBeLessThan(2_000);
  });
});
