// Builds dist/, if anything that goes into it has changed since the last build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

const STAMP = 'dist/.built';
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

const built = readStamp();
const present = Object.fromEntries(inputs().map(file => [file, hash(file)]));
const names = new Set([...Object.keys(built), ...Object.keys(present)]);
if ([...names].some(name => built[name] !== present[name])) {
  build();
}

function build() {
  // The compiler does not delete the output of a source that is gone.
  if (Object.keys(built).length === 0 || Object.keys(built).some(name => !(name in present))) {
    rmSync('dist', { recursive: true, force: true });
  }
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'];
  const { status } = spawnSync(process.execPath, tsc, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) {
    writeFileSync(STAMP, JSON.stringify(present));
  } else {
    process.exitCode = status ?? 1;
  }
}

function inputs() {
  const sources = readdirSync('src', { recursive: true })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map(name => `src/${name}`);
  return [...sources, ...SETTINGS].filter(file => existsSync(file));
}

/** Of the content, because a checkout changes only the times. */
function hash(file) {
  return createHash('sha1').update(readFileSync(file)).digest('base64url');
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}
