import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { DatabaseKind } from '../support/app.js';
import { call, login, newAccount } from '../support/client.js';
import type { Account } from '../support/client.js';
import { Load } from '../support/load.js';
import type { Fault } from './faults.js';
import { Subject } from './subject.js';

/** How long the load runs before and after a fault. */
const QUIET_MS = 400;
/** What a process may have more afterwards: V8 keeps memory for a while (MiB), a pool its connections. */
const MORE = { memory: 96, descriptors: 16 } as const;

/** One line of the table of `npm run chaos`. */
export interface Line {
  fault: string;
  database: DatabaseKind;
  rounds: number;
  acknowledged: number;
  lost: number;
  integrity: string;
  'memory (MiB)': string;
  descriptors: string;
  'seconds to full service': string;
}

/** Strikes the product under load, so many times, and expects that it is whole again after each. */
export async function endure(
  kind: DatabaseKind,
  faults: readonly Fault[],
  rounds: number,
): Promise<void> {
  const subject = await Subject.start(kind, settingOf(faults));
  try {
    const options = {
      isMixed: true,
      breaks: faults.some(({ breaks }) => breaks),
      allowed: faults.flatMap(({ allowed = [] }) => allowed),
    };
    const times: number[] = [];
    const before = await restingState(subject);
    let acknowledged = 0;
    for (let round = 0; round < rounds; round += 1) {
      const load = await Load.start([subject.url], options);
      await sleep(QUIET_MS * Math.random());
      const moments = await Promise.all(faults.map(fault => strike(fault, subject)));
      times.push(await secondsToFullService(subject, load, Math.max(...moments)));
      expect(await load.lost()).toEqual([]);
      expect(load.anomalies).toEqual([]);
      acknowledged += load.acknowledged.size;
      expect(await subject.faults()).toEqual([]);
    }
    expect(acknowledged).toBeGreaterThan(0);
    const after = await vi.waitFor(() => returned(subject, before), {
      timeout: 30_000,
      interval: 200,
    });
    note({
      fault: faults.map(({ name }) => name).join(' + '),
      database: kind,
      rounds,
      acknowledged,
      lost: 0,
      integrity: 'clean',
      'memory (MiB)': `${before.memory} → ${after.memory}`,
      descriptors: `${before.descriptors} → ${after.descriptors}`,
      'seconds to full service': `${Math.max(...times).toFixed(1)} at most`,
    });
  } catch (error) {
    const lines = subject.server.lines
      .filter(line => line.includes('an unexpected error'))
      .slice(0, 3);
    throw Object.assign(error as Error, {
      message: `${(error as Error).message}\n${subject.server.stderr.slice(-500)}\n${lines.join('\n')}`,
    });
  } finally {
    await subject.stop();
  }
}

function settingOf(faults: readonly Fault[]) {
  return {
    hasClock: faults.some(({ hasClock }) => hasClock),
    pooled: faults.some(({ pooled }) => pooled),
    disks: faults.flatMap(({ disks = [] }) => disks),
  };
}

/** Of a process that has done everything once. */
async function restingState(subject: Subject) {
  const load = await Load.start([subject.url], { isMixed: true });
  await sleep(3 * QUIET_MS);
  await load.stop();
  expect([load.anomalies, await load.lost()]).toEqual([[], []]);
  return state(subject);
}

function state({ memory, descriptors }: Subject) {
  return { memory: Math.round(memory), descriptors };
}

function returned(subject: Subject, before: ReturnType<typeof state>) {
  const now = state(subject);
  expect(now.memory).toBeLessThan(before.memory + MORE.memory);
  expect(now.descriptors).toBeLessThan(before.descriptors + MORE.descriptors);
  return now;
}

async function strike(fault: Fault, subject: Subject): Promise<number> {
  return (await fault.strike(subject)) ?? performance.now();
}

/** From the end of the fault to the last request that failed. */
async function secondsToFullService({ url }: Subject, load: Load, mended: number): Promise<number> {
  let account: Account | undefined;
  await vi.waitFor(
    async () => {
      account ??= await newAccount(url);
      const { name, password, token } = account;
      const answers = await Promise.all([
        call(url, 'GET', '/health/ready'),
        call(url, 'GET', '/authors?limit=1', { token }),
        login(url, name, password),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    },
    { timeout: 30_000, interval: 50 },
  );
  await sleep(QUIET_MS);
  await load.stop();
  return Math.max(0, load.lastFailure - mended) / 1_000;
}

export function note(line: Line): void {
  if (process.env.CHAOS_TABLE === undefined) {
    console.table([line]);
  } else {
    appendFileSync(process.env.CHAOS_TABLE, `${JSON.stringify(line)}\n`);
  }
}
