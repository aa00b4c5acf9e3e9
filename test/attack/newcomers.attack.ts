import { describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
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
        const { times: before } = await hashPoolOf(running);
        const from = { ...before.stranger };
        const times: number[] = [];
        while (times.length < NEWCOMERS) {
          times.push(await newcomer(running.url));
        }
        const { stranger, trusted } = (await hashPoolOf(running)).times;
        const { counts } = await flood.stop();
        const count = stranger.count - from.count;
        const waited = (stranger.waitedMs - from.waitedMs) / count;
        const ran = (stranger.ranMs - from.ranMs) / count;
        const figures = [
          `median ${ms(median(times))}, at most ${ms(percentile(times, 100))}; alone ${ms(median(alone))}`,
          `a hash takes ${ms(ran)} and waits for ${(waited / ran).toFixed(2)} hashes`,
          `the flood: ${JSON.stringify(counts.eve)}, ${trusted.count} hashes`,
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

async function hashPoolOf({
  app,
}: RunningApp): Promise<import('../../src/auth/passwords/hash-pool.js').HashPool> {
  const { HashPool } =
    (await import('#dist/auth/passwords/hash-pool.js')) as unknown as typeof import('../../src/auth/passwords/hash-pool.js');
  return app.get(HashPool, { strict: false });
}
