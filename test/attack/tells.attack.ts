import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.js';
import { databases, startApp } from '../support/app.js';
import { basic, call, freshName } from '../support/client.js';
import type { Account } from '../support/client.js';
import { databaseOf, sweepExpiredRows, throttleOf } from '../e2e/auth/inside.js';
import { rawCall } from '../e2e/auth/raw-call.js';
import type { RawAnswer } from '../e2e/auth/raw-call.js';
import { Cluster } from './cluster.js';
import { note } from './figures.js';
import { comparisonsOf, sampleOf, timeless } from './samples.js';

const WRONG = 'wrong password';
/** Logins timed of each kind, ten for each name: more would be refused. */
const SAMPLE = 100;
/** Unknown names. The first go through the login's own code, the others are copies of their rows. */
const GHOSTS = 100_000;
const BY_LOGIN = 10_000;

describe.each(databases())('what guesses tell on %s', kind => {
  let cluster: Cluster;
  let networks = 0;

  beforeAll(async () => {
    // A cheap hash hides less of a difference than a dear one.
    cluster = await Cluster.start(kind, { BCRYPT_COST: '8' });
  });

  afterAll(() => cluster?.close());

  const elsewhere = (): string => {
    networks += 1;
    return `127.${10 + (networks >> 8)}.${networks & 255}.7`;
  };
  const attempt = (
    name: string,
    password = WRONG,
    more: string[] = [],
    from = elsewhere(),
  ): Promise<RawAnswer> =>
    rawCall(cluster.url, '/login', {
      method: 'POST',
      from,
      headers: ['authorization', basic(name, password), ...more],
    });
  const exhaust = async (name: string): Promise<void> => {
    for (let i = 0; i < 14; i += 1) {
      await attempt(name);
    }
  };
  const hashed = (answers: readonly RawAnswer[]): number =>
    answers.filter(({ status }) => status === 401 || status === 200).length;
  const figure = (line: string, what: string, required: string, measured: string, met: boolean) => {
    note({ database: kind, line, what, required, measured, met });
    expect.soft(met, `${line} ${what}: ${measured}, required ${required}`).toBe(true);
  };
  const cast = async (): Promise<Account[]> => {
    const accounts: Account[] = [];
    while (accounts.length < SAMPLE / 10) {
      accounts.push(await cluster.account());
    }
    return accounts;
  };

  it('L3: nothing of names, by text or by time', async () => {
    const token = await cluster.admin();
    const [full, fullUnknown] = [(await cluster.account()).name, freshName()];
    await exhaust(full);
    await exhaust(fullUnknown);
    // Noise passes, a leak stays: what falls short is measured once more, and that counts.
    for (const isLast of [false, true]) {
      const [known, disabled] = [await cast(), await cast()];
      for (const { publicId } of disabled) {
        const json = { disabled: true };
        await call(cluster.url, 'PATCH', `/users/${publicId}`, { token, json });
      }
      const kinds = {
        known: (i: number) => known[i % known.length].name,
        unknown: (i: number) => `nobody-${isLast}-${i % known.length}`,
        disabled: (i: number) => disabled[i % disabled.length].name,
        full: () => full,
        fullUnknown: () => fullUnknown,
      };
      const lines = comparisonsOf(await sampleOf(SAMPLE, kinds, name => attempt(name)));
      if (isLast || lines.every(({ met }) => met)) {
        for (const { what, required, measured, met } of lines) {
          figure('L3', what, required, measured, met);
        }
        return;
      }
    }
  });

  it('L4, L5: no more by asking at once, and the right one answers as a wrong one', async () => {
    const owner = await cluster.account();
    const right = Math.floor(Math.random() * 200);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        attempt(owner.name, i === right ? owner.password : `${WRONG} ${i}`),
      ),
    );
    const looked = hashed(answers);
    figure('L4', '200 at once, the right one among them', 'at most 10', `${looked}`, looked <= 10);
    await exhaust(owner.name);
    const wrong = await attempt(owner.name);
    const good = await attempt(owner.name, owner.password);
    const same = timeless(wrong) === timeless(good);
    const told = `${good.status}, ${same ? 'identical' : 'different'}`;
    figure('L5', 'right password beyond it', '429, identical', told, told === '429, identical');
  });

  it('L6: no more by forged addresses', async () => {
    const answers: RawAnswer[] = [];
    for (let i = 0; i < 1_000; i += 50) {
      const batch = Array.from({ length: 50 }, (_, j) => {
        const more = ['x-forwarded-for', `${1 + (i % 200)}.${j}.7.9`];
        return attempt(freshName(), WRONG, more, '127.9.9.9');
      });
      answers.push(...(await Promise.all(batch)));
    }
    const looked = hashed(answers);
    figure('L6', '1,000 forged X-Forwarded-For', 'at most 20', `${looked}`, looked <= 20);
  });

  it('L7: no more by the device of another name', async () => {
    const [owner, eve] = [await cluster.account(), await cluster.account()];
    await exhaust(owner.name);
    const { status } = await attempt(owner.name, owner.password, [
      'x-device-token',
      eve.deviceToken,
    ]);
    figure('L7', "another's device, name used up", '429', `${status}`, status === 429);
  });

  it('L8: leave nothing behind', async () => {
    const running = await startApp(kind, {
      on: { databaseUrl: cluster.databaseUrl, dataDir: cluster.directory },
    });
    try {
      const [database, throttle] = [await databaseOf(running), await throttleOf(running)];
      // As the login does it, without the hash, which would take hours.
      const ghost = (n: number): Promise<unknown> =>
        throttle.admitLogin({
          nameKey: `ghost-${n}`,
          address: `${20 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1`,
        });
      await batches(0, 1_000, ghost);
      const before = heap();
      await batches(1_000, BY_LOGIN, ghost);
      const grown = heap() - before;
      await multiply(database, GHOSTS / BY_LOGIN);
      const made = await rowsOf(database);
      await database.run('UPDATE auth_throttle SET expires_at = expires_at - 86400000', []);
      await sweepExpiredRows(running);
      const left = await rowsOf(database);
      const measured = `${made} rows, then ${left}`;
      const met = made > GHOSTS && left < 1_000;
      figure('L8', `${GHOSTS} ghost names, a day later`, '< 1,000 rows', measured, met);
      const more = `${grown.toFixed(1)} MB`;
      figure('L8', `memory after ${BY_LOGIN} of them`, '< 20 MB more', more, grown < 20);
    } finally {
      await running.stop();
    }
  });
});

async function batches(
  from: number,
  to: number,
  work: (n: number) => Promise<unknown>,
): Promise<void> {
  for (let at = from; at < to; at += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, i) => work(at + i)));
  }
}

async function multiply(database: Database, times: number): Promise<void> {
  for (let i = 1; i < times; i += 1) {
    await database.run(
      `INSERT INTO auth_throttle (k, tat, failures, expires_at)
       SELECT k || CAST($1 AS text), tat, failures, expires_at FROM auth_throttle
       WHERE k LIKE 'u:%' AND k NOT LIKE '%#%'`,
      [`#${i}`],
    );
  }
}

async function rowsOf(database: Database): Promise<number> {
  const sql = 'SELECT count(*) AS n FROM auth_throttle';
  return Number((await database.get<{ n: number }>(sql, []))?.n);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use after everything is thrown away that can be, in MB. */
function heap(): number {
  collect();
  return process.memoryUsage().heapUsed / 1_048_576;
}
