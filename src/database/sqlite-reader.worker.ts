import { parentPort, workerData } from 'node:worker_threads';
import type { Param } from './database.types.js';
import { openReader, SqliteStatements } from './sqlite-statements.js';

/** What a reader thread does, by name. */
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

const { file } = workerData as { file: string };
const reader = new SqliteStatements(openReader(file), true);
const streams = new Map<number, { statements: SqliteStatements; rows: Iterator<unknown> }>();

parentPort!.on('message', ({ id, name, args }: Call) => {
  parentPort!.postMessage(reply(id, name, args));
});

function reply(id: number, name: keyof Calls, args: unknown[]): Reply {
  try {
    return { id, value: (calls[name] as (...given: unknown[]) => unknown)(...args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { id, error: { message, code } };
  }
}
