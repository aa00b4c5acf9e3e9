import { parentPort, workerData } from 'node:worker_threads';
import type { Param, SliceResult } from './database.types.js';
import { openReader, SqliteStatements } from './sqlite-statements.js';
import { Driver } from './sqlite-driver.js';

/** What a thread does, by name. */
const calls = {
  /** All rows of a statement. */
  all: (sql: string, params: readonly Param[]): unknown[] => reader.all(sql, params),

  /** Opens a stream on a new connection. */
  open(stream: number, sql: string, params: readonly Param[]): void {
    const statements = new SqliteStatements(openReader(file), true);
    streams.set(stream, { statements, rows: statements.iterate(sql, params) });
  },

  /** The next rows of a stream, all of one moment; none at its end. */
  next(stream: number, limit: number): unknown[] {
    const { rows } = streams.get(stream)!;
    const batch: unknown[] = [];
    while (batch.length < limit) {
      const { done, value } = rows.next();
      if (done) {
        break;
      }
      batch.push(value);
    }
    return batch;
  },

  /** One statement that writes, as a transaction. The time in which it waits for other writers does not count. */
  run(sql: string, params: readonly Param[]): SliceResult {
    writer ??= openWriter();
    const { db } = writer;
    db.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    try {
      const rows = writer.run(sql, params);
      db.exec('COMMIT');
      return { rows, ms: performance.now() - began };
    } finally {
      if (db.inTransaction) {
        db.exec('ROLLBACK');
      }
    }
  },

  /** Others can write meanwhile. */
  checkpoint(): void {
    writer?.db.pragma('wal_checkpoint(PASSIVE)');
  },

  close(stream: number): void {
    const { statements, rows } = streams.get(stream) ?? {};
    streams.delete(stream);
    rows?.return?.();
    statements?.db.close();
  },
};

export type Calls = typeof calls;

export interface Call {
  id: number;
  name: keyof Calls;
  args: unknown[];
}

/** Errors lose their class between threads; SQLite's code is kept. */
export type Reply = { id: number; value?: unknown; error?: { message: string; code?: string } };

export interface ThreadData {
  file: string;
  /** The pragma of the main thread's connection. */
  synchronous: number;
}

/** How long a statement that writes waits for other writers. */
const LOCK_WAIT_MS = 5_000;

const { file, synchronous } = workerData as ThreadData;
let writer: SqliteStatements | undefined;
const reader = new SqliteStatements(openReader(file), true);
const streams = new Map<number, { statements: SqliteStatements; rows: Iterator<unknown> }>();

parentPort!.on('message', ({ id, name, args }: Call) => {
  parentPort!.postMessage(reply(id, name, args));
});

function openWriter(): SqliteStatements {
  const db = new Driver(file, { fileMustExist: true, timeout: LOCK_WAIT_MS });
  db.pragma(`synchronous = ${synchronous}`);
  db.pragma('foreign_keys = ON');
  db.pragma('cell_size_check = ON');
  db.pragma('wal_autocheckpoint = 0');
  return new SqliteStatements(db);
}

function reply(id: number, name: keyof Calls, args: unknown[]): Reply {
  try {
    return { id, value: (calls[name] as (...given: unknown[]) => unknown)(...args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { id, error: { message, code } };
  }
}
