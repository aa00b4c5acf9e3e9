// Start time and idle memory, compared with a textbook Nest application: medians of alternating starts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, rss } from './figures.mjs';
import { start, stopProcess } from './servers.mjs';

const ROUNDS = 7;
/** The garbage of the start is collected by then. */
const REST_MS = 3000;

/** The textbook application has separate packages. */
function installTextbook() {
  if (!existsSync('bench/textbook/node_modules')) {
    const options = { cwd: 'bench/textbook', stdio: ['ignore', 'ignore', 'inherit'] };
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], options);
    if (status !== 0) {
      throw new Error('npm ci failed in bench/textbook');
    }
  }
}

export async function measureStart(report) {
  installTextbook();
  const directory = mkdtempSync(join(tmpdir(), 'library-start-'));
  const product = {
    script: 'dist/main.js',
    env: { ...process.env, PORT: '0', DATA_DIR: directory, LOG_FORMAT: 'json' },
    until: line => (line.startsWith('{') ? JSON.parse(line).api : undefined),
  };
  const textbook = {
    script: 'bench/textbook/app.mjs',
    env: { ...process.env, DATABASE: join(directory, 'textbook.db') },
    until: line => line,
  };
  try {
    // The first start creates the database.
    await measure(product, 0);
    await measure(textbook, 0);
    const pairs = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      pairs.push([await measure(product, REST_MS), await measure(textbook, REST_MS)]);
    }
    const [ours, theirs] = [0, 1].map(at => ({
      ms: median(pairs.map(pair => pair[at].ms)),
      mebibytes: median(pairs.map(pair => pair[at].mebibytes)),
    }));
    report(
      'start to ready ÷ a textbook Nest application',
      ours.ms / theirs.ms,
      1,
      0.5,
      `${Math.round(ours.ms)} ms, textbook ${Math.round(theirs.ms)} ms`,
    );
    report(
      'idle memory ÷ the same',
      ours.mebibytes / theirs.mebibytes,
      1.1,
      0.9,
      `${Math.round(ours.mebibytes)} MiB, textbook ${Math.round(theirs.mebibytes)} MiB`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure({ script, env, until }, restMs) {
  const begin = performance.now();
  const { child } = await start(script, [], { env, until });
  const ms = performance.now() - begin;
  await sleep(restMs);
  const mebibytes = rss(child.pid);
  await stopProcess(child);
  return { ms, mebibytes };
}
