import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { frontDoor } from './pooler.js';
import { testPostgres } from './postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server on which tests make databases; undefined with TEST_POSTGRES=off. */
    postgresUrl: string | undefined;
    /** The same server through PgBouncer, with TEST_POOLER=transaction; otherwise undefined. */
    poolerUrl: string | undefined;
  }
}

/** Once before all tests: builds the product if it changed, and starts the PostgreSQL server that all tests share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (needsBuild(process.argv.slice(2))) {
    // `npm run check` judges the types: tsc builds also what it complains of.
    for (const part of ['server', 'client']) {
      spawnSync(process.execPath, ['scripts/build.mjs', part], { stdio: 'inherit' });
    }
  }
  const postgres = await testPostgres();
  project.provide('postgresUrl', postgres?.url);
  const door = postgres && (await frontDoor(postgres.url));
  project.provide('poolerUrl', door?.url === postgres?.url ? undefined : door?.url);
  return async () => {
    await door?.stop();
    await postgres?.stop();
  };
}

/** Specs in src run from TypeScript, so a run of only those needs no build. */
function needsBuild(argv: readonly string[]): boolean {
  const filters = argv.filter(argument => argument.includes('/'));
  return filters.length === 0 || filters.some(filter => !filter.startsWith('src/'));
}
