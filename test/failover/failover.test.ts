import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { SECRET } from '../support/app.js';
import { freePort, runHaproxy } from '../support/balancer.js';
import { call, newAccount } from '../support/client.js';
import { Load } from '../support/load.js';
import type { Account } from '../support/client.js';
import { ROOT, runBuilt, ServerProcess } from '../support/process.js';
import { Node, until } from './node.js';

/** `npm run failover` does 20. */
const FAILOVERS = Number(process.env.FAILOVERS ?? 2);
/** From the promotion to the first moment after which no request fails. */
const FULL_SERVICE_MS = 5_000;
const LOAD_MS = 1_000;

const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0;

interface Round {
  failover: number;
  'the primary': string;
  acknowledged: number;
  'fate unknown': number;
  'acknowledged and lost': number;
  'ms to promotion': number;
  'ms to full service': number;
}

describe.runIf(hasHaproxy && inject('postgresUrl'))(
  'a primary that is killed or frozen under load',
  () => {
    let primary: Node;
    let standby: Node;
    let port: number;
    let cwd: string;
    let replicas: ServerProcess[];
    let closeProxy: () => Promise<void>;
    const rounds: Round[] = [];

    /** A new pair of servers needs a new haproxy, as Patroni's nodes keep their addresses and ours do not. */
    const proxy = (...nodes: Node[]): Promise<() => Promise<void>> => {
      const lines = nodes.map((node, index) => node.line(`node${index}`)).join('\n');
      const config = readFileSync(`${ROOT}deploy/haproxy-postgres.cfg`, 'utf8')
        .replace('bind :5432', `bind 127.0.0.1:${port}`)
        .replace(' port 8008', '')
        .replace(/^ *server node1[^]*$/m, `${lines}\n`);
      return runHaproxy(config, port);
    };

    beforeAll(async () => {
      primary = await Node.primary();
      standby = await Node.standbyOf(primary);
      await primary.waitForStandby();
      port = await freePort();
      closeProxy = await proxy(primary, standby);
      cwd = mkdtempSync(path.join(tmpdir(), 'library-api-failover-'));
      const env = {
        DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres`,
        SECRET_KEY: SECRET,
        REGISTER_LIMIT: 'off',
      };
      replicas = await Promise.all([0, 1].map(() => ServerProcess.start({ cwd, env })));
    }, 60_000);
    afterAll(async () => {
      await Promise.all((replicas ?? []).map(replica => replica.stop('SIGKILL')));
      await closeProxy?.();
      await primary?.stop();
      await standby?.stop();
      rmSync(cwd, { recursive: true, force: true });
      console.table(rounds);
    });

    const works = async (account: Account): Promise<boolean> => {
      const answers = replicas.flatMap(({ url }) => [
        call(url, 'GET', '/health/ready'),
        call(url, 'GET', '/authors?limit=1', { token: account.token }),
      ]);
      return (await Promise.all(answers)).every(({ status }) => status === 200);
    };

    test('the product does not start on the standby, which takes no writes', async () => {
      const env = { DATABASE_URL: standby.url, SECRET_KEY: SECRET };
      const { code, stderr } = await runBuilt('main.js', [], { cwd, env });
      expect(stderr).toMatch(
        /^library-api: the database .* is a standby, which takes no writes: use the primary\n$/,
      );
      expect(code).toBe(1);
    });

    test.each(Array.from({ length: FAILOVERS }, (_, index) => index + 1))(
      'failover %i: no acknowledged write is lost, and service is full within 5 s of the promotion',
      async failover => {
        const isKilled = failover % 2 === 1;
        const urls = replicas.map(({ url }) => url);
        const account = await newAccount(urls[0]);
        const ended = await newAccount(urls[0]);
        const load = new Load(urls, account);
        await sleep(LOAD_MS);
        expect((await call(urls[0], 'POST', '/logout', { token: ended.token })).status).toBe(204);

        const killed = performance.now();
        primary.signal(isKilled ? 'SIGKILL' : 'SIGSTOP');
        await standby.promote();
        const promoted = performance.now();
        await until(() => works(account));
        await sleep(LOAD_MS);
        await load.stop();
        if (!isKilled) {
          // Patroni's watchdog ends it, so that it cannot come back as a second primary.
          primary.signal('SIGKILL');
        }

        const lost = await load.lost();
        rounds.push({
          failover,
          'the primary': isKilled ? 'killed' : 'frozen',
          acknowledged: load.acknowledged.size,
          'fate unknown': load.unknown.size,
          'acknowledged and lost': lost.length,
          'ms to promotion': Math.round(promoted - killed),
          'ms to full service': Math.max(0, Math.round(load.lastFailure - promoted)),
        });
        expect(lost).toEqual([]);
        expect(load.anomalies).toEqual([]);
        expect(load.acknowledged.size).toBeGreaterThan(20);
        expect(load.lastFailure - promoted).toBeLessThan(FULL_SERVICE_MS);
        for (const url of urls) {
          expect((await call(url, 'GET', '/authors', { token: ended.token })).status).toBe(401);
        }
        if (failover < FAILOVERS) {
          await replacePrimary();
        }
      },
      60_000,
    );

    /** The promoted standby is the primary now and gets a standby. */
    async function replacePrimary(): Promise<void> {
      await primary.stop();
      primary = standby;
      standby = await Node.standbyOf(primary);
      await primary.waitForStandby();
      await closeProxy();
      closeProxy = await proxy(primary, standby);
      await until(async () => (await call(replicas[0].url, 'GET', '/health/ready')).status === 200);
      await until(async () => (await call(replicas[1].url, 'GET', '/health/ready')).status === 200);
    }
  },
);
