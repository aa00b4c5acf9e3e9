import { setTimeout as sleep } from 'node:timers/promises';
import type SQLite from 'better-sqlite3';
import type { DataSource, QueryResult } from 'typeorm';
import { isBusy, toProblem } from './database-errors.js';
import type { DatabaseLog, Param, Slice, SliceResult, WriteCounts } from './database.types.js';
import { SqliteThreads } from './sqlite-threads.js';
import { openReader, SqliteStatements } from './sqlite-statements.js';
import { SqliteWriter } from './sqlite-writer.js';
import type { Store } from './store.js';
import type { UnitOfWork, UnitScope, Work } from './unit-of-work.js';

/** A reader meets a lock rarely, for example during the recovery after a crash. */
const READ_RETRIES = 50;
const READ_RETRY_MS = 10;

/** Between two slices; other processes look every 3 ms whether the file is free. */
const GAP_MS = 4;
/** Rows of slices between two checkpoints, each of which costs two fsyncs: about 8 MB of log. */
const CHECKPOINT_ROWS = 600;
/** SQLite's default. */
const AUTOCHECKPOINT_PAGES = 1_000;

/**
 * A SQLite file: one writer, and readers on separate connections, which see the last commit and never wait.
 * What takes long runs in threads.
 * A database in memory has one connection, so its reads queue behind the writer's open batch.
 */
export class SqliteStore implements Store {
  readonly dialect = 'sqlite';
  readonly #db: SQLite.Database;
  readonly #writer: SqliteWriter;
  readonly #reader?: SqliteStatements;
  readonly #threads?: SqliteThreads;
  /** Tasks in slices. */
  #tasks = 0;
  /** Rows of slices since the last checkpoint. */
  #unmoved = 0;

  constructor(dataSource: DataSource, scope: UnitScope, log?: DatabaseLog) {
    this.#db = (
      dataSource.driver as unknown as { databaseConnection: SQLite.Database }
    ).databaseConnection;
    this.#db.pragma('busy_timeout = 0');
    this.#writer = new SqliteWriter(this.#db, scope, log);
    if (!this.#db.memory) {
      this.#reader = new SqliteStatements(openReader(this.#db.name, 0), true);
      this.#threads = new SqliteThreads({
        file: this.#db.name,
        synchronous: this.#db.pragma('synchronous', { simple: true }) as number,
      });
    }
  }

  get counts(): WriteCounts {
    return this.#writer.counts;
  }

  all<T>(sql: string, params: readonly Param[]): Promise<T[]> {
    return this.#read(on => on.all<T>(sql, params));
  }

  get<T>(sql: string, params: readonly Param[]): Promise<T | undefined> {
    return this.#read(on => on.get<T>(sql, params));
  }

  query(sql: string, params: readonly Param[]): Promise<QueryResult> {
    return this.#read(on => on.query(sql, params));
  }

  run(sql: string, params: readonly Param[]): Promise<number> {
    return this.#writer.writeOne(on => on.run(sql, params));
  }

  change<T>(sql: string, params: readonly Param[]): Promise<T[]> {
    return this.#writer.writeOne(on => on.all<T>(sql, params));
  }

  write<T>(work: Work<T>): Promise<T> {
    return this.#writer.write(work);
  }

  allLong<T>(sql: string, params: readonly Param[], owner: unknown): Promise<T[]> {
    return this.#threads?.all<T>(sql, params, owner) ?? this.all<T>(sql, params);
  }

  async runSlice({ sql, params }: Slice): Promise<SliceResult> {
    const threads = this.#threads;
    if (threads === undefined) {
      const began = performance.now();
      return { rows: await this.run(sql, params), ms: performance.now() - began };
    }
    const result = await threads.run(sql, params);
    this.#unmoved += result.rows;
    if (this.#unmoved > CHECKPOINT_ROWS) {
      await this.#checkpoint();
    }
    // Writes that wait in this process, or in another, have their turn before the next slice.
    await Promise.allSettled([this.write(async () => undefined), sleep(GAP_MS)]);
    return result;
  }

  /** Meanwhile the thread moves what was written from the log into the file, or a commit of the main thread would. */
  async sliced<T>(task: () => Promise<T>): Promise<T> {
    this.#tasks += 1;
    this.#db.pragma('wal_autocheckpoint = 0');
    try {
      return await task();
    } finally {
      await this.#checkpoint();
      this.#tasks -= 1;
      if (this.#tasks === 0 && this.#db.open) {
        this.#db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
      }
    }
  }

  async *stream<T>(sql: string, params: readonly Param[]): AsyncGenerator<T> {
    yield* this.#threads?.stream<T>(sql, params) ?? (await this.all<T>(sql, params));
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#reader?.db.close();
    await this.#threads?.close();
    if (!this.#db.memory) {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    }
  }

  async #checkpoint(): Promise<void> {
    this.#unmoved = 0;
    // The next one moves what this one could not.
    await this.#threads?.checkpoint().catch(() => undefined);
  }

  async #read<T>(statement: (on: SqliteStatements | UnitOfWork) => T | Promise<T>): Promise<T> {
    const reader = this.#reader;
    if (reader === undefined) {
      return this.write(async unit => statement(unit));
    }
    for (let attempt = 0; ; attempt += 1) {
      try {
        return statement(reader);
      } catch (error) {
        if (!isBusy(error) || attempt === READ_RETRIES) {
          throw toProblem(error);
        }
      }
      await sleep(READ_RETRY_MS);
    }
  }
}
