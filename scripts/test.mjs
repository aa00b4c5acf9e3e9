// Runs every test and ends with the line `N passed, N failed`.
import { readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runs = program => spawnSync(program, ['--version']).status === 0;

const report = join(tmpdir(), `library-api-tests-${process.pid}.json`);
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);

let passed = 0;
let failed = 0;
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed = result.numPassedTests;
  failed = result.numFailedTests;
  // A file that does not load, or whose set-up fails, has no failed test but must count as failed.
  failed += result.testResults.filter(
    file =>
      file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'),
  ).length;
  const names = result.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
  );
  const on = database => names.filter(name => name.toLowerCase().includes(database)).length;
  console.log(`of these on SQLite: ${on('sqlite')}, on PostgreSQL: ${on('postgres')}`);
} finally {
  rmSync(report, { force: true });
}
if (process.env.TEST_POSTGRES === 'off') {
  console.log('PostgreSQL: NOT TESTED');
}
if (process.env.TEST_BROWSER === 'off') {
  console.log('Browser: NOT TESTED');
}
if (process.env.TEST_POSTGRES === 'off' || !['pgbouncer', '/usr/sbin/pgbouncer'].some(runs)) {
  console.log('PgBouncer: NOT TESTED');
}
if (process.env.TEST_POSTGRES === 'off' || spawnSync('haproxy', ['-v']).status !== 0) {
  console.log('Failover: NOT TESTED');
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = status === 0 && failed === 0 && passed > 0 ? 0 : 1;
