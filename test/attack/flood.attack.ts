import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/app.js';
import { basic, call } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { rawCall } from '../e2e/auth/raw-call.js';
import { Cluster } from './cluster.js';
import type { Counts } from './cluster.js';
import { ms, note, percentile } from './figures.js';

/** How long it lasts, in milliseconds; a machine that is busy otherwise gets half as much on top, and no more. */
const FLOOD_MS = Number(process.env.ATTACK_SECONDS ?? 40) * 1_000;
const LOGINS = 100;
const HOME = '127.4.4.4';
/** Those who log in meanwhile, in turn: each may 30 times. */
const OWNERS = 13;

interface Lane {
  what: string;
  good: number;
  times: number[];
}

describe.each(databases())('a flood of guesses on %s', kind => {
  let cluster: Cluster;
  let admin: string;
  let owner: Account;
  let owners: Account[];
  let quiet: Account;
  let pat: string;

  beforeAll(async () => {
    cluster = await Cluster.start(kind, { BCRYPT_COST: '10' });
    admin = await cluster.admin();
    owners = [];
    while (owners.length < OWNERS) {
      const of = await cluster.account();
      owners.push(of);
      await logIn({ from: HOME, of });
    }
    [owner] = owners;
    quiet = await cluster.account();
    const json = { name: 'robot', scopes: ['authors:read'] };
    pat = (await call(cluster.url, 'POST', '/tokens', { token: owner.token, json })).body.token;
  });

  afterAll(() => cluster?.close());

  async function logIn({ from, of = owner, more = [] as string[] }: any): Promise<number> {
    const { status } = await rawCall(cluster.url, '/login', {
      method: 'POST',
      from,
      headers: ['authorization', basic(of.name, of.password), ...more],
    });
    return status;
  }
  const ticketFor = async (of: Account): Promise<string> =>
    (await call(cluster.url, 'POST', `/users/${of.publicId}/ticket`, { token: admin })).body.code;

  async function repeat(what: string, action: (i: number) => Promise<number>): Promise<Lane> {
    const lane: Lane = { what, good: 0, times: [] };
    const began = Date.now();
    for (let i = 0; i < LOGINS && Date.now() < began + 1.5 * FLOOD_MS; i += 1) {
      // Spread over the whole of the flood.
      await sleep(Math.max(0, began + (i * FLOOD_MS) / LOGINS - Date.now()));
      const at = performance.now();
      const status = await action(i);
      lane.times.push(performance.now() - at);
      lane.good += status === 200 ? 1 : 0;
    }
    return lane;
  }

  const ask = (path: string, token?: string): Promise<Answer> =>
    call(cluster.url, 'GET', path, { token });
  let refreshToken = '';
  const refresh = async (): Promise<number> => {
    const json = { refresh_token: refreshToken };
    const { status, body } = await call(cluster.url, 'POST', '/token/refresh', { json });
    refreshToken = body?.refresh_token ?? refreshToken;
    return status;
  };
  const sum = (counts: Counts, statuses: string[]): number =>
    Object.values(counts).reduce(
      (total, of) => total + statuses.reduce((n, status) => n + (of[status] ?? 0), 0),
      0,
    );
  const figure = (line: string, what: string, required: string, measured: string, met: boolean) => {
    note({ database: kind, line, what, required, measured, met });
    expect.soft(met, `${line} ${what}: ${measured}, required ${required}`).toBe(true);
  };

  it('locks no one out, gains no guess, and is recorded', async () => {
    ({ refreshToken } = owner);
    const flood = cluster.flood([
      { label: 'owner', name: owner.name },
      { label: 'owner', name: owner.name },
      ...owners.slice(1).map(({ name }) => ({ label: 'others', name })),
      { label: 'quiet', name: quiet.name },
      { label: 'ghosts' },
    ]);
    await sleep(1_000);
    const at = (i: number): Account => owners[i % OWNERS];
    const deviceOf = (of: Account): string[] => ['x-device-token', of.deviceToken];
    const [health, ...lanes] = await Promise.all([
      repeat('GET /health/live', async () => (await ask('/health/live')).status),
      repeat('owner by device, 100 networks', i =>
        logIn({ from: `127.1.${i}.9`, of: at(i), more: deviceOf(at(i)) }),
      ),
      repeat('owner by known address, no token', i => logIn({ from: HOME, of: at(i) })),
      repeat('owner by ticket, 100 networks', async i =>
        logIn({
          from: `127.2.${i}.9`,
          of: at(i),
          more: ['x-login-ticket', await ticketFor(at(i))],
        }),
      ),
      repeat('session goes on', async () => (await ask('/users/me', owner.token)).status),
      repeat('refresh goes on', refresh),
      repeat('personal token goes on', async () => (await ask('/users/me', pat)).status),
    ]);
    const { counts, seconds } = await flood.stop();
    const attempts = sum(counts, ['401', '429', '503']);

    for (const { what, good, times } of lanes) {
      const p99 = percentile(times, 99);
      const measured = `${good} of ${LOGINS}, p99 ${ms(p99)}`;
      figure(
        'L1',
        what,
        `${LOGINS} of ${LOGINS}, p99 < 2 s`,
        measured,
        good === LOGINS && p99 < 2_000,
      );
    }
    const rate = `${attempts} in ${seconds.toFixed(0)} s`;
    figure('L1', 'attempts from 1,000 networks', '> 5,000', rate, attempts > 5_000);
    const p99 = percentile(health.times, 99);
    figure('L9', 'health meanwhile', 'p99 < 250 ms', ms(p99), health.good === LOGINS && p99 < 250);
    expect(sum(counts, ['200', '500', 'error'])).toBe(0);

    await failuresAreTold(counts, attempts);
    await restartForgetsNothing(counts, seconds);
  });

  async function failuresAreTold(counts: Counts, attempts: number): Promise<void> {
    await sleep(500);
    const logged = cluster.lines.filter(line =>
      /"route":"\/login","status":(401|429|503)/.test(line),
    );
    figure(
      'L10',
      'failures in the log',
      `${attempts}`,
      `${logged.length}`,
      logged.length === attempts,
    );
    const text = cluster.lines.join('\n');
    const secrets = [owner.name, quiet.name, owner.password, 'wrong password', 'ghost-'];
    const found = secrets.filter(secret => text.includes(secret)).length;
    figure('L10', 'names and passwords in the log', '0', `${found}`, found === 0);
    const more = ['x-login-ticket', await ticketFor(quiet)];
    const { body } = await rawCall(cluster.url, '/login', {
      method: 'POST',
      from: '127.3.3.3',
      headers: ['authorization', basic(quiet.name, quiet.password), ...more],
    });
    const hashed = counts.quiet['401'];
    const told = `${body.failed_logins}`;
    figure('L10', 'failures told at the next login', `${hashed}`, told, told === `${hashed}`);
  }

  async function restartForgetsNothing(before: Counts, seconds: number): Promise<void> {
    await cluster.restart();
    const flood = cluster.flood([{ label: 'owner', name: owner.name }]);
    await sleep(3_000);
    const after = await flood.stop();
    const guesses = (before.owner['401'] ?? 0) + (after.counts.owner?.['401'] ?? 0);
    const allowed = Math.floor(10 + (seconds + after.seconds + 5) / 900);
    const tried = sum(before, ['429', '503']) + sum(after.counts, ['429', '503']);
    const measured = `${guesses} (${tried} refused)`;
    const what = 'guesses hashed for one name, restart included';
    figure('L2', what, `at most ${allowed}`, measured, guesses <= allowed && tried > 1_000);
  }
});
