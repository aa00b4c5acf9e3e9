import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases } from '../../support/app.js';
import { frontDoor } from '../../support/pooler.js';
import { startPostgres } from '../../support/postgres.js';
import type { PostgresServer } from '../../support/postgres.js';
import { ServerProcess } from '../../support/process.js';
import { AtomicImport, RecordSet, Register, TokenFamily, UniqueName } from './checkers.js';
import type { Checker, World } from './checkers.js';

/** `CHECKER_SECONDS=60 npx vitest run test/e2e/replicas/consistency` looks longer. */
const SECONDS = Number(process.env.CHECKER_SECONDS ?? 18);
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
    postgres = await startPostgres();
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
      await doFaults(world);
      world.isOver = true;
      await Promise.all(load);
      for (const [name, checker] of Object.entries(checkers)) {
        await checker.conclude?.();
        expect([name, checker.anomalies]).toEqual([name, []]);
      }
      expect(world.unanswered).toEqual([]);
      console.log(`consistency: ${world.operations} operations in ${SECONDS} s, 0 anomalies`);
      expect(world.operations).toBeGreaterThan(SECONDS * 50);
    },
    (SECONDS + 60) * 1_000,
  );

  /** Restarts the database, kills a replica and starts another in its place, each after a quiet time. */
  async function doFaults(world: World): Promise<void> {
    const quiet = (SECONDS * 1_000) / 4;
    await sleep(quiet);
    await postgres.halt();
    await postgres.start();
    await sleep(quiet);
    await replicas[0].stop('SIGKILL');
    await sleep(quiet);
    replicas[0] = await start();
    world.urls[0] = replicas[0].url;
    await sleep(quiet);
  }
});
