import { parentPort, workerData } from 'node:worker_threads';
import { ImportStage } from './import-stage.js';
import type { StageOptions } from './import-stage.js';
import { Driver } from '../../database/sqlite-driver.js';

export interface ThreadOptions extends StageOptions {
  /** The SQLite file to store into; empty when the main thread stores. */
  file: string;
  synchronous: 'FULL' | 'NORMAL';
}

export interface Call {
  name: 'read' | 'finish' | 'rows' | 'slice' | 'rest' | 'run' | 'commit';
  args: unknown[];
}

/** Errors lose their class between threads; the code of SQLite's own is kept. */
export type Reply = { value: unknown } | { error: { message: string; code?: string } };

/** How long an import waits for other writers to leave the file. */
const LOCK_WAIT_MS = 30_000;

/** A large transaction changes pages of every index; those that do not fit are written more than once. */
const CACHE_KIBIBYTES = 64 * 1024;

const { file, synchronous, ...options } = workerData as ThreadOptions;
const db = new Driver(file, { timeout: LOCK_WAIT_MS });
db.pragma(`synchronous = ${synchronous}`);
db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
db.pragma('cell_size_check = ON');
// The stage checkpoints after its commits, when other writers no longer wait.
db.pragma('wal_autocheckpoint = 0');
const stage = new ImportStage(db, options);

parentPort!.on('message', ({ name, args }: Call) => {
  parentPort!.postMessage(reply(name, args));
});

function reply(name: Call['name'], args: unknown[]): Reply {
  try {
    return { value: (stage[name] as (...given: unknown[]) => unknown).apply(stage, args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { error: { message, code } };
  }
}
