// Attacks the login of the built product on loopback addresses and compares each promised figure with the measured one.
// SQLite with one server, PostgreSQL with three replicas. Exits non-zero if a figure falls short.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const file = join(tmpdir(), `library-api-attack-${process.pid}.ndjson`);
writeFileSync(file, '');
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config=test/attack/vitest.config.ts',
    ...process.argv.slice(2),
  ],
  { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ATTACK_FIGURES: file } },
);

const figures = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse);
rmSync(file, { force: true });
const order = ({ database, line }) => (database === 'sqlite' ? 0 : 100) + Number(line.slice(1));
figures.sort((a, b) => order(a) - order(b));
const columns = ['database', 'line', 'what', 'required', 'measured', 'met'];
const rows = [columns, ...figures.map(figure => columns.map(name => cell(figure[name])))];
const widths = columns.map((_, at) => Math.max(...rows.map(row => row[at].length)));
for (const row of rows) {
  console.log(
    row
      .map((text, at) => text.padEnd(widths[at]))
      .join('  ')
      .trimEnd(),
  );
}
const short = figures.filter(({ met }) => !met).length;
console.log(`${figures.length - short} figures reached, ${short} fall short`);
process.exit(short > 0 || figures.length === 0 || status !== 0 ? 1 : 0);

function cell(value) {
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'NO';
  }
  return String(value);
}
