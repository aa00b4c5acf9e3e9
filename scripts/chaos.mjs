// Harms the built product and its databases under load, and prints what came of it as a table. Exits non-zero if a
// promise broke. Arguments: `faults`, `overload`, `upgrade`, `consistency` (all by default), and those of vitest, such as -t NAME.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PARTS = ['faults', 'overload', 'upgrade', 'consistency'];
const given = process.argv.slice(2);
const named = given.filter(each => PARTS.includes(each));
const parts = named.length > 0 ? named : PARTS;
const options = given.filter(each => !PARTS.includes(each));

const file = join(tmpdir(), `library-api-chaos-${process.pid}.ndjson`);
writeFileSync(file, '');
const env = {
  ...process.env,
  CHAOS_TABLE: file,
  CHECKER_OPERATIONS: process.env.CHECKER_OPERATIONS ?? '100000',
};
const statuses = parts.map(part => {
  const config = part === 'consistency' ? [] : ['--config=test/chaos/vitest.config.ts'];
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...config,
      part,
      '--disable-console-intercept',
      ...options,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], env },
  );
  return status;
});

const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse);
rmSync(file, { force: true });
console.table(lines);
process.exit(statuses.every(status => status === 0) ? 0 : 1);
