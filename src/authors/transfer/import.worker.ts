import { parentPort, workerData } from 'node:worker_threads';
import SQLite from 'better-sqlite3';
import type { Param } from '../../database/database.types.js';
import type { Call, ImportThreadCalls, Reply, ThreadOptions } from './import-protocol.js';
import { ImportStage } from './import-stage.js';
import { SqliteImport } from './sqlite-import.js';

/** How long this thread waits for another process to leave the file. */
const BUSY_MS = 5_000;

/** What a large import changes of the indexes; with less, the commit for which others wait takes half as long again. */
const CACHE_KIBIBYTES = 64 * 1024;

const { file, synchronous = 2, onConflict, ...options } = workerData as ThreadOptions;

// Without a file: a private database on disk, for the stage alone.
const db = new SQLite(file ?? '', { timeout: BUSY_MS });
db.pragma(`synchronous = ${synchronous}`);
db.pragma('foreign_keys = ON');
db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
db.pragma('cell_size_check = ON');
// Not within a commit, for which other writes wait.
db.pragma('wal_autocheckpoint = 0');

const stage = new ImportStage(db, options);
const target =
  file === undefined ? undefined : new SqliteImport(stage, options.ownerId, onConflict);

const calls: ImportThreadCalls = {
  read: chunk => stage.read(chunk),
  finish: () => stage.finish(),
  progress: () => stage.progress,
  faults: () => stage.faults,
  addConflicts: lines => stage.addConflicts(lines),
  rows: (afterLine, limit) => stage.rows(afterLine, limit),
  forget: upToLine => stage.forget(upToLine),
  slice: limit => target!.slice(limit),
  begin: () => void db.exec('BEGIN IMMEDIATE'),
  storeAll: () => target!.all(),
  run: (sql, params) => run(sql, params),
  commit: () => void db.exec('COMMIT'),
  rollback: () => void (db.inTransaction && db.exec('ROLLBACK')),
  checkpoint: () => void db.pragma('wal_checkpoint(PASSIVE)'),
};

/** SQLite takes `$1` for a name. */
function run(sql: string, params: readonly Param[]): number {
  const named = Object.fromEntries(params.map((value, index) => [String(index + 1), value]));
  return db.prepare(sql).run(named).changes;
}

parentPort!.on('message', ({ name, args }: Call) => {
  parentPort!.postMessage(reply(name, args));
});

function reply(name: Call['name'], args: unknown[]): Reply {
  try {
    return { value: (calls[name] as (...given: unknown[]) => unknown)(...args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { error: { message, code } };
  }
}
