// Runs every test and ends with the line `N passed, N failed`.
import { readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runs = program => spawnSync(program, ['--version']).status === 0;
const isWhole = process.argv.length === 2;
const seenFile = join(tmpdir(), `library-api-seen-${process.pid}`);
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
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(isWhole && { SEEN_FILE: seenFile }) },
  },
);

/** The answers in openapi.json that no test has seen, as `operation status`. */
function unseenAnswers() {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8'));
  const seen = new Set(readFileSync(seenFile, 'utf8').split('\n'));
  const documented = Object.values(paths).flatMap(item =>
    Object.values(item).flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter(status => status !== 'default')
        .map(status => `${operationId} ${status}`),
    ),
  );
  const unseen = documented.filter(answer => !seen.has(answer));
  console.log(
    `of ${documented.length} answers in openapi.json, seen: ${documented.length - unseen.length}`,
  );
  return unseen;
}

/** Tests that are skipped if the machine lacks something, and how their names begin. */
const LACKS = {
  'npm registry': 'npm pack installs',
  promtool: 'deploy/alerts.yml fires',
  prometheus: 'Prometheus scrapes',
};
const notTested = [];
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
  const skipped = result.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending' || status === 'skipped')
    .map(({ fullName }) => fullName);
  notTested.push(
    ...Object.keys(LACKS).filter(what => skipped.some(name => name.startsWith(LACKS[what]))),
  );
  const names = result.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
  );
  const on = database => names.filter(name => name.toLowerCase().includes(database)).length;
  console.log(`of these on SQLite: ${on('sqlite')}, on PostgreSQL: ${on('postgres')}`);
  if (isWhole) {
    const unseen = unseenAnswers();
    failed += unseen.length;
    unseen.forEach(answer =>
      console.log(`openapi.json documents an answer that no test has seen: ${answer}`),
    );
  }
} finally {
  rmSync(report, { force: true });
  rmSync(seenFile, { force: true });
}
if (process.env.TEST_POSTGRES === 'off') {
  notTested.push('PostgreSQL');
}
if (process.env.TEST_BROWSER === 'off') {
  notTested.push('Browser');
}
if (process.env.TEST_POSTGRES === 'off' || !['pgbouncer', '/usr/sbin/pgbouncer'].some(runs)) {
  notTested.push('PgBouncer');
}
if (process.env.TEST_POSTGRES === 'off' || spawnSync('haproxy', ['-v']).status !== 0) {
  notTested.push('Failover');
}
notTested.forEach(what => console.log(`${what}: NOT TESTED`));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = status === 0 && failed === 0 && passed > 0 ? 0 : 1;
