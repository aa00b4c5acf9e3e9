import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases } from '../../support/app.js';
import { frontDoor } from '../../support/pooler.js';
import { newPostgres } from '../../support/postgres.js';
import type { PostgresServer } from '../../support/postgres.js';
import { ServerProcess } from '../../support/process.js';
import { AtomicImport, RecordSet, Register, TokenFamily, UniqueName } from './checkers.js';
import type { Checker, World } from './checkers.js';

/** `npm run chaos` asks for 100,000. */
const OPERATIONS = Number(process.env.CHECKER_OPERATIONS ?? 1_000);
/** Without a fault, between two of them. */
const QUIET_MS = Number(process.env.CHECKER_QUIET_MS ?? 1_500);
const REPLICAS = 3;

describe.runIf(databases().includes('postgres'))('three replicas, whatever happens to them', () => {
  let postgres: PostgresServer;
  /** What the replicas connect to. */
  let door: Awaited<ReturnType<typeof frontDoor>>;
  let cwd: string;
  let replicas: ServerProcess[];

  const start = (): Promise<ServerProcess> =>
    ServerProcess.start({
      cwd,
      env: { DATABASE_URL: door.url, SECRET_KEY: SECRET, REGISTER_LIMIT: 'off' },
    });

  beforeAll(async () => {
    // A commit survives the death of the server, though not of the machine.
    postgres = await newPostgres({ synchronous_commit: 'on' });
    postgres.initialize();
    await postgres.start();
    door = await frontDoor(postgres.url);
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-consistency-'));
    replicas = await Promise.all(Array.from({ length: REPLICAS }, start));
  }, 60_000);
  afterAll(async () => {
    await Promise.all((replicas ?? []).map(replica => replica.stop('SIGKILL')));
    await door?.stop();
    await postgres?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  test(
    'show no client anything that contradicts what any was told',
    async () => {
      const urls = replicas.map(({ url }) => url);
      const world: World = { urls, isOver: false, operations: 0, unanswered: [] };
      const checkers: Record<string, Checker> = {
        'a set of records': new RecordSet(world),
        'a register': new Register(world),
        'unique names': new UniqueName(world),
        'atomic imports': new AtomicImport(world),
        'families of tokens': new TokenFamily(world),
      };
      await Promise.all(Object.values(checkers).map(checker => checker.prepare()));
      const load = Object.values(checkers).flatMap(checker =>
        Array.from({ length: checker.clients }, async () => {
          while (!world.isOver) {
            await checker.step();
          }
        }),
      );
      const began = performance.now();
      const count = await doFaults(world);
      world.isOver = true;
      await Promise.all(load);
      for (const [name, checker] of Object.entries(checkers)) {
        await checker.conclude?.();
        expect([name, checker.anomalies]).toEqual([name, []]);
      }
      expect(world.unanswered).toEqual([]);
      const seconds = Math.round((performance.now() - began) / 1_000);
      console.log(
        `consistency: ${world.operations} operations, ${count} faults, ${seconds} s, 0 anomalies`,
      );
    },
    120_000 + OPERATIONS * 50,
  );

  const faults: Record<string, (world: World) => Promise<void>> = {
    'PostgreSQL restarts': async () => {
      await postgres.halt();
      await postgres.start();
    },
    'a replica is killed': async world => {
      const at = Math.floor(Math.random() * REPLICAS);
      await replicas[at].stop('SIGKILL');
      replicas[at] = await start();
      world.urls[at] = replicas[at].url;
    },
    'a process of PostgreSQL is killed': () => Promise.resolve(postgres.signal('SIGKILL', 'one')),
    'PostgreSQL is killed': () => postgres.restartKilled(),
    'PostgreSQL stands still for a second': async () => {
      postgres.signal('SIGSTOP');
      await sleep(1_000);
      postgres.signal('SIGCONT');
    },
    'a replica stands still for a second': async () => {
      replicas[0].kill('SIGSTOP');
      await sleep(1_000);
      replicas[0].kill('SIGCONT');
    },
  };

  /** Every fault in turn, each after a quiet time, until enough was asked; returns how many. */
  async function doFaults(world: World): Promise<number> {
    let count = 0;
    do {
      for (const fault of Object.values(faults)) {
        await sleep(QUIET_MS);
        await fault(world);
        count += 1;
      }
    } while (world.operations < OPERATIONS);
    await sleep(QUIET_MS);
    return count;
  }
});
