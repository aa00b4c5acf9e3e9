// Start, idle memory and the command line, compared with a textbook Nest application: medians of alternating starts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, rss } from './figures.mjs';
import { installTextbook, startPeer, startProduct } from './servers.mjs';

const ROUNDS = 7;
/** The garbage of the start is collected by then. */
const REST_MS = 3000;

export async function measureStart(table) {
  installTextbook();
  const directory = mkdtempSync(join(tmpdir(), 'library-start-'));
  const DATABASE = join(directory, 'textbook.db');
  const product = () => startProduct({ DATA_DIR: directory });
  const textbook = () => startPeer('bench/textbook/app.mjs', { DATABASE });
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
    table.row(
      'start to ready ÷ a textbook Nest application',
      ours.ms / theirs.ms,
      1,
      0.5,
      `${Math.round(ours.ms)} ms, textbook ${Math.round(theirs.ms)} ms`,
    );
    table.row(
      'idle memory ÷ the same',
      ours.mebibytes / theirs.mebibytes,
      1.1,
      0.9,
      `${Math.round(ours.mebibytes)} MiB, textbook ${Math.round(theirs.mebibytes)} MiB`,
    );
    measureCommands(table, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(start, restMs) {
  const { startMs: ms, pid, stop } = await start();
  await sleep(restMs);
  const mebibytes = rss(pid);
  await stop();
  return { ms, mebibytes };
}

function measureCommands(table, directory) {
  for (const [args, must] of [
    ['--help', 0.3],
    ['user list', 1],
  ]) {
    const seconds = Array.from({ length: ROUNDS }, () => {
      const begin = performance.now();
      const env = { ...process.env, DATA_DIR: directory };
      const { status } = spawnSync('node', ['bin/library-api.js', ...args.split(' ')], { env });
      if (status !== 0) {
        throw new Error(`library-api ${args} ended with ${status}`);
      }
      return (performance.now() - begin) / 1000;
    });
    const spread = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`;
    table.row(`library-api ${args}, seconds`, median(seconds), must, must, spread);
  }
}
