// Runs the core of the suite on other versions of Node, each in a copy of the tree.
// Arguments: major versions or `latest`; 22, 24 and the newest by default. Needs the npm registry.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The npm package that has Node's program. */
const PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const CORE = [
  'src',
  'test/auth',
  'test/cli',
  'test/database',
  'test/e2e/auth',
  'test/e2e/authors',
  'test/e2e/process',
];

const versions = process.argv.slice(2);
const results = (versions.length > 0 ? versions : ['22', '24', 'latest']).map(testOn);
console.table(results);
process.exit(results.every(({ failed, passed }) => failed === 0 && passed > 0) ? 0 : 1);

function testOn(wanted) {
  const directory = mkdtempSync(join(tmpdir(), 'library-api-node-'));
  try {
    const copy = copyTree(join(directory, 'tree'));
    const node = installNode(wanted, join(directory, 'node'));
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    installDriver(node, copy);
    run(node, ['scripts/build.mjs'], copy);
    return { node: version, ...test(node, copy, join(directory, 'report.json')) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What git knows of, and the packages. */
function copyTree(to) {
  const names = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0');
  for (const name of names.filter(Boolean)) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    cpSync(name, join(to, name), { verbatimSymlinks: true });
  }
  cpSync('node_modules', join(to, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  return to;
}

function installNode(version, directory) {
  mkdirSync(directory);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefix', directory];
  run('npm', ['install', ...options, `${PACKAGE}@${version}`], directory);
  return join(directory, 'node_modules', PACKAGE, 'bin', 'node');
}

/** npm installs the optional packages that run on the Node that runs npm. */
function installDriver(node, copy) {
  const npm = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  const command = [join(npm, 'npm/bin/npm-cli.js'), 'install'];
  run(node, [...command, '--ignore-scripts', '--no-audit', '--no-fund'], copy);
}

function test(node, copy, report) {
  const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', ...options, ...CORE], {
    cwd: copy,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  return { passed, failed };
}

function run(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? stdout + stderr}`);
  }
}
