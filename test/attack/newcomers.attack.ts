import { describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { HashLane } from '../../src/auth/throttle/admission.js';
import { newAccount } from '../support/client.js';
import { Flood } from './cluster.js';
import { median, ms, note, percentile } from './figures.js';

const NEWCOMERS = 9;
const CONNECTIONS = 16;

describe.each(databases())('newcomers on %s', kind => {
  it.each(['10', '11', '12'])(
    'register and log in at cost %s while one account logs in as fast as it can',
    async cost => {
      const running = await startApp(kind, { env: { BCRYPT_COST: cost } });
      const eve = await newAccount(running.url);
      const alone = [await newcomer(running.url), await newcomer(running.url)];
      const flood = new Flood({
        urls: [running.url],
        targets: [{ label: 'eve', ...eve, device: eve.deviceToken }],
        addresses: 0,
        inFlight: CONNECTIONS,
        perSecond: null,
      });
      try {
        const before = await waitsOf('stranger');
        const began = performance.now();
        const times: number[] = [];
        while (times.length < NEWCOMERS) {
          times.push(await newcomer(running.url));
        }
        const seconds = (performance.now() - began) / 1_000;
        const after = await waitsOf('stranger');
        const known = await waitsOf('trusted');
        const { counts } = await flood.stop();
        const count = after.count - before.count;
        const waited = ((after.sum - before.sum) / count) * 1_000;
        // One thread hashes without pause.
        const ran = (seconds / (count + known.count)) * 1_000;
        const figures = [
          `median ${ms(median(times))}, at most ${ms(percentile(times, 100))}; alone ${ms(median(alone))}`,
          `a hash takes ${ms(ran)} and waits for ${(waited / ran).toFixed(2)} hashes`,
          `the flood: ${JSON.stringify(counts.eve)}, ${known.count} hashes`,
        ];
        const measured = figures.slice(0, 2).join('; ');
        const met = median(times) <= 2_000;
        const what = `a newcomer registers and logs in, cost ${cost}`;
        note({ database: kind, line: 'L11', what, required: 'median ≤ 2 s', measured, met });
        console.log(`${kind} cost ${cost}: ${figures.join('; ')}`);
        expect.soft(waited / ran, 'hashes waited for').toBeLessThanOrEqual(1.5);
        expect.soft(met, measured).toBe(true);
      } finally {
        flood.abandon();
        await running.close();
      }
    },
  );
});

/** How long a new account takes to register and log in, in milliseconds. */
async function newcomer(url: string): Promise<number> {
  const began = performance.now();
  await newAccount(url);
  return performance.now() - began;
}

/** How many hashes of a lane have begun in this process, and how long they waited together (seconds). */
async function waitsOf(lane: HashLane): Promise<{ count: number; sum: number }> {
  const { METRICS } =
    (await import('#dist/metrics/metrics.js')) as unknown as typeof import('../../src/metrics/metrics.js');
  const { values } = await METRICS.hashWait.get();
  const valueOf = (end: string): number =>
    values.find(({ metricName, labels }) => metricName?.endsWith(end) && labels.lane === lane)
      ?.value ?? 0;
  return { count: valueOf('_count'), sum: valueOf('_sum') };
}
