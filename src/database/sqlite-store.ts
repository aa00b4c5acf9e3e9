import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import SQLite from 'better-sqlite3';
import type { DataSource, QueryResult } from 'typeorm';
import { isBusy, toProblem } from './database-errors.js';
import type { DatabaseLog, Param, WriteCounts } from './database.types.js';
import { SqliteStatements } from './sqlite-statements.js';
import { SqliteWriter } from './sqlite-writer.js';
import type { Store } from './store.js';
import type { UnitScope, Work } from './unit-of-work.js';

/** How often a long answer lets other requests have their turn. */
const ROWS_PER_TURN = 256;
/** A reader meets a lock only in rare moments, such as the recovery after a crash. */
const READ_RETRIES = 50;
const READ_RETRY_MS = 10;

/** Of a large file, what is read often: with less, a page out of ten thousand records takes four times as long. */
const CACHE_KIBIBYTES = 64 * 1024;

/**
 * A SQLite file: one writer, and readers on connections of their own that see what is committed and wait for nobody.
 * A database in memory has one connection, so that its reads queue behind the writer's open batch.
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

  async all<T>(sql: string, params: readonly Param[]): Promise<T[]> {
    const reader = this.#reader;
    return reader === undefined
      ? this.write(tx => tx.all<T>(sql, params))
      : this.#read(() => reader.all<T>(sql, params));
  }

  async get<T>(sql: string, params: readonly Param[]): Promise<T | undefined> {
    const reader = this.#reader;
    return reader === undefined
      ? this.write(tx => tx.get<T>(sql, params))
      : this.#read(() => reader.get<T>(sql, params));
  }

  async query(sql: string, params: readonly Param[]): Promise<QueryResult> {
    const reader = this.#reader;
    return reader === undefined
      ? this.write(unit => unit.query(sql, params))
      : this.#read(() => reader.query(sql, params));
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

  #read<T>(statement: () => T): T | Promise<T> {
    try {
      return statement();
    } catch (error) {
      if (isBusy(error)) {
        return this.#readAgain(statement);
      }
      throw toProblem(error);
    }
  }

  async #readAgain<T>(statement: () => T): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await sleep(READ_RETRY_MS);
      try {
        return statement();
      } catch (error) {
        if (!isBusy(error) || attempt === READ_RETRIES) {
          throw toProblem(error);
        }
      }
    }
  }
}
