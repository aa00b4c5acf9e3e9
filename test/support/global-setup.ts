import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
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

/** Once before all tests: the product is built where it is out of date, and one PostgreSQL server runs for all. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (needsBuild(process.argv.slice(2)) && isOutOfDate()) {
    // Types are judged by `npm run check`; what tsc complains of it still builds.
    spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
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

function isOutOfDate(): boolean {
  return !existsSync('dist') || newest('src') > newest('dist');
}

function newest(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return Math.max(...files.map(file => statSync(path.join(directory, file)).mtimeMs));
}
