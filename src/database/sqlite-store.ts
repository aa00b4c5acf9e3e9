import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import SQLite from 'better-sqlite3';
import type { DataSource, QueryResult } from 'typeorm';
import { isBusy, toProblem } from './database-errors.js';
import type { DatabaseLog, Param, WriteCounts } from './database.types.js';
import { SqliteStatements } from './sqlite-statements.js';
import { SqliteWriter } from './sqlite-writer.js';
import type { Store } from './store.js';
import type { UnitOfWork, UnitScope, Work } from './unit-of-work.js';

/** A stream lets other requests run after this many rows. */
const ROWS_PER_TURN = 256;
/** A reader meets a lock rarely, for example during the recovery after a crash. */
const READ_RETRIES = 50;
const READ_RETRY_MS = 10;

/** For large files: with less, a page out of ten thousand records takes four times as long. */
const CACHE_KIBIBYTES = 64 * 1024;

/**
 * A SQLite file: one writer, and readers on separate connections, which see the last commit and never wait.
 * A database in memory has one connection, so its reads queue behind the writer's open batch.
 */
export class SqliteStore implements Store {
  readonly dialect = 'sqlite';
  readonly #db: SQLite.Database;
  readonly #writer: SqliteWriter;
  readonly #reader?: SqliteStatements;

  constructor(dataSource: DataSource, scope: UnitScope, log?: DatabaseLog) {
    this.#db = (
      dataSource.driver as unknown as { databaseConnection: SQLite.Database }
    ).databaseConnection;
    this.#db.pragma('busy_timeout = 0');
    this.#writer = new SqliteWriter(this.#db, scope, log);
    this.#reader = this.#db.memory ? undefined : new SqliteStatements(this.#openReader(), true);
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
    return this.write(tx => tx.run(sql, params));
  }

  write<T>(work: Work<T>): Promise<T> {
    return this.#writer.write(work);
  }

  async *stream<T>(sql: string, params: readonly Param[]): AsyncGenerator<T> {
    if (this.#reader === undefined) {
      yield* await this.all<T>(sql, params);
      return;
    }
    const statements = new SqliteStatements(this.#open(), true);
    try {
      let rows = 0;
      for (const row of statements.iterate<T>(sql, params)) {
        yield row;
        rows += 1;
        if (rows % ROWS_PER_TURN === 0) {
          await nextTurn();
        }
      }
    } finally {
      statements.db.close();
    }
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#reader?.db.close();
    if (!this.#db.memory) {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    }
  }

  #openReader(): SQLite.Database {
    const db = this.#open();
    db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
    return db;
  }

  #open(): SQLite.Database {
    const db = new SQLite(this.#db.name, { readonly: true, fileMustExist: true, timeout: 0 });
    db.pragma('cell_size_check = ON');
    return db;
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
