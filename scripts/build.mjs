// Builds dist/, if anything that goes into it has changed since the last build; `client` builds the client's.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const STAMP = 'dist/.built';
const TSC = resolve('node_modules/typescript/bin/tsc');
const isClient = process.argv[2] === 'client';
if (isClient) {
  process.chdir('clients/typescript');
}
const SETTINGS = isClient
  ? ['tsconfig.build.json', 'scripts/generate.mjs', '../../openapi.json', '../../package-lock.json']
  : ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

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
  const steps = [
    ...(isClient ? [['scripts/generate.mjs']] : []),
    [TSC, '-p', 'tsconfig.build.json'],
  ];
  if (steps.every(succeeds)) {
    writeFileSync(STAMP, JSON.stringify(present));
  } else {
    process.exitCode = 1;
  }
}

function succeeds(step) {
  const stdio = ['ignore', 'inherit', 'inherit'];
  return spawnSync(process.execPath, step, { stdio }).status === 0;
}

function inputs() {
  const sources = readdirSync('src', { recursive: true })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !isGenerated(name))
    .map(name => `src/${name}`);
  return [...sources, ...SETTINGS].filter(file => existsSync(file));
}

function isGenerated(name) {
  return isClient && dirname(name) === 'document';
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
