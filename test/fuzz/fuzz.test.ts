import { beforeAll, describe, expect, it } from 'vitest';
import { HELD_BY_THREADS } from './subject.js';
import { OPERATIONS } from './operations.js';
import { textOf } from './report.js';
import { LONG_GAP_MS, fuzz } from './run.js';
import type { Orders, Report } from './run.js';

const { FUZZ_SEED, FUZZ_REQUESTS, FUZZ_SECONDS, FUZZ_ONLY, FUZZ_PATH } = process.env;

/** Without FUZZ_REQUESTS the run is short, always the same, and judges nothing that depends on the machine. */
const isShort = FUZZ_REQUESTS === undefined;

const orders: Orders = {
  seed: Number(FUZZ_SEED ?? 1),
  requests: Number(FUZZ_REQUESTS ?? 4_000),
  seconds: Number(FUZZ_SECONDS ?? 10),
  only: FUZZ_ONLY,
  path: FUZZ_PATH,
  isShort,
};

describe('requests made from openapi.json', () => {
  let report: Report;

  beforeAll(
    async () => {
      report = await fuzz(orders);
      console.log(textOf(report));
    },
    orders.seconds * 2_000 + 300_000,
  );

  const faults = (kind: RegExp): string[] =>
    report.tallies.flatMap(({ operation, faults: of }) =>
      [...of.keys()].filter(fault => kind.test(fault)).map(fault => `${operation.id} ${fault}`),
    );
  const answered = (isWanted: (status: number) => boolean): string[] =>
    report.tallies
      .filter(({ statuses }) => Object.keys(statuses).some(status => isWanted(Number(status))))
      .map(({ operation }) => operation.id);
  const all = OPERATIONS.map(({ id }) => id);

  it.skipIf(FUZZ_ONLY)('reach every operation of the document', () => {
    expect(answered(() => true)).toEqual(expect.arrayContaining(all));
  });

  it.skipIf(FUZZ_ONLY)('do what they are for at three operations of four', () => {
    const done = answered(status => status < 300);
    expect(all.filter(id => !done.includes(id)).length).toBeLessThan(all.length / 4);
  });

  it('leave the server running', () => {
    expect(faults(/^the server ended/)).toEqual([]);
  });

  it('get no 5xx but 503 and 507 with Retry-After', () => {
    expect(faults(/^answers 5/)).toEqual([]);
  });

  it('get every answer that is due', () => {
    expect(faults(/^no answer/)).toEqual([]);
  });

  it('get every error as application/problem+json', () => {
    expect(faults(/^answers 4/)).toEqual([]);
  });

  it('keep no answer from another client', () => {
    expect(report.total.answered).toBe(report.total.asked);
  });

  it('leave no descriptor open', () => {
    const { before, after } = report.held;
    const most = before.descriptors.length + HELD_BY_THREADS;
    expect(after.descriptors.length).toBeLessThanOrEqual(most);
  });

  it.skipIf(isShort)(`stop another client for ${LONG_GAP_MS} ms at most`, () => {
    const long = report.tallies.filter(({ gap }) => Math.min(gap.ms, gap.own) > LONG_GAP_MS);
    expect(long.map(({ operation, gap }) => [operation.id, Math.round(gap.ms)])).toEqual([]);
  });

  it.skipIf(isShort)('leave the memory at most 100 MB larger', () => {
    const { before, after } = report.held;
    expect(after.megabytes).toBeLessThan(before.megabytes + 100);
  });
});
