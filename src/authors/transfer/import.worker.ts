import { parentPort, workerData } from 'node:worker_threads';
import SQLite from 'better-sqlite3';
import type { Param } from '../../database/database.types.js';
import type { OnConflict } from './import-statements.js';
import { ImportStage } from './import-stage.js';
import type { ImportFormat } from './record-readers.js';
import { SqliteImport } from './sqlite-import.js';

export interface ThreadOptions {
  ownerId: number;
  format: ImportFormat;
  onConflict: OnConflict;
  /** The SQLite file to store into; empty when the main thread stores. */
  file: string;
  synchronous: string;
}

/** Errors lose their class between threads; the code of SQLite's own is kept. */
export type Reply = { value: unknown } | { error: { message: string; code?: string } };

/** How long an import waits for others to leave the file. */
const LOCK_WAIT_MS = 30_000;

/** With less, SQLite moves changed pages of the indexes to the disk many times in one large transaction. */
const CACHE_KIBIBYTES = 64 * 1024;

const { file, ownerId, format, onConflict, synchronous } = workerData as ThreadOptions;

const db = new SQLite(file, { timeout: LOCK_WAIT_MS });
db.pragma(`synchronous = ${synchronous}`);
db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
db.pragma('cell_size_check = ON');
// A checkpoint is no part of a commit, for which other writes wait.
db.pragma('wal_autocheckpoint = 0');

const stage = new ImportStage(db, format, ownerId);
const target = file === '' ? undefined : new SqliteImport(db, ownerId, onConflict);

/** What the main thread asks for, one call after the other. */
const calls = {
  read: (chunk: Uint8Array) => stage.read(chunk),
  finish: () => stage.finish(),
  rows: (afterLine: number, limit: number) => stage.rows(afterLine, limit),
  /** One transaction with the next `limit` records; also how long it held the file (milliseconds). */
  slice: (limit: number) => {
    db.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    const stored = target!.move(limit);
    db.exec('COMMIT');
    const ms = performance.now() - began;
    checkpoint();
    return { ...stored, ms };
  },
  /** Begins the last transaction, and stores in it all records that are left. */
  moveRest: () => {
    db.exec('BEGIN IMMEDIATE');
    return target!.move();
  },
  /** SQLite takes `$1` for a name. */
  run: (sql: string, params: readonly Param[]) =>
    db.prepare(sql).run(Object.fromEntries(params.map((value, at) => [`${at + 1}`, value])))
      .changes,
  commit: () => {
    db.exec('COMMIT');
    checkpoint();
  },
};

export type ImportCalls = typeof calls;

/** At once, or the next commit of the main thread would move what this thread has written. */
function checkpoint(): void {
  db.pragma('wal_checkpoint(PASSIVE)');
}

parentPort!.on('message', ({ name, args }: { name: keyof ImportCalls; args: unknown[] }) => {
  parentPort!.postMessage(reply(calls[name] as (...given: unknown[]) => unknown, args));
});

function reply(call: (...given: unknown[]) => unknown, args: unknown[]): Reply {
  try {
    return { value: call(...args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { error: { message, code } };
  }
}
