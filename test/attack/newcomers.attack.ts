import { describe, expect, it } from 'vitest';
import { databases } from '../support/app.js';
import { basic, call, newAccount } from '../support/client.js';
import { Cluster } from './cluster.js';
import { median, ms, note } from './figures.js';

const NEWCOMERS = 15;
const CONNECTIONS = 16;

describe.each(databases())('newcomers on %s', kind => {
  it.each(['10', '11', '12'])(
    'register and log in at cost %s while one account logs in as fast as it can',
    async cost => {
      const cluster = await Cluster.start(kind, { BCRYPT_COST: cost });
      try {
        const eve = await cluster.account();
        const headers = {
          authorization: basic(eve.name, eve.password),
          'x-device-token': eve.deviceToken,
        };
        const alone = [await newcomer(cluster.url), await newcomer(cluster.url)];
        let stop = false;
        const flood = Array.from({ length: CONNECTIONS }, async () => {
          while (!stop) {
            await call(cluster.url, 'POST', '/login', { headers });
          }
        });
        const times: number[] = [];
        while (times.length < NEWCOMERS) {
          times.push(await newcomer(cluster.url));
        }
        stop = true;
        await Promise.all(flood);
        const worst = ms(Math.max(...times));
        const measured = `median ${ms(median(times))}, at most ${worst}; alone ${ms(median(alone))}`;
        const met = median(times) <= 2_000;
        const what = `a newcomer registers and logs in, cost ${cost}`;
        note({ database: kind, line: 'L11', what, required: 'median ≤ 2 s', measured, met });
        expect.soft(met, measured).toBe(true);
        console.log(`${kind} cost ${cost}: ${measured}`);
      } finally {
        await cluster.close();
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
