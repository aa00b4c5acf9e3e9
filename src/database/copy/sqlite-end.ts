import { existsSync } from 'node:fs';
import path from 'node:path';
import type SQLite from 'better-sqlite3';
import { makeDirectory } from '../../config/directories.js';
import { sqlitePath } from '../data-source.js';
import { CopyError, keyOf, names, pageStatement, quoted } from './copy-end.js';
import type { CopyEnd, Row, Value } from './copy-end.js';
import type { ColumnKind, CopiedColumn, CopiedTable } from './copied-tables.js';
import { Driver } from '../sqlite-driver.js';

/** How long to wait for another process's lock. */
const BUSY_MS = 10_000;

type Stored = string | bigint | null;

const FROM_STORED: Readonly<Record<ColumnKind, (value: Stored) => Value>> = {
  bigint: String,
  text: value => value as string,
  boolean: value => value === 1n,
};

const TO_STORED: Readonly<Record<ColumnKind, (value: Value) => Stored>> = {
  bigint: value => BigInt(value as string),
  text: value => value as string,
  boolean: value => (value === true ? 1n : 0n),
};

/** A SQLite file. */
export class SqliteEnd implements CopyEnd {
  readonly #db: SQLite.Database;

  private constructor(file: string, readonly: boolean) {
    this.#db = new Driver(file, { readonly, timeout: BUSY_MS });
    this.#db.defaultSafeIntegers(true);
    this.#db.pragma('cell_size_check = ON');
    if (!readonly) {
      this.#db.pragma('synchronous = FULL');
    }
  }

  static open(url: string, use: 'source' | 'target'): Promise<SqliteEnd> {
    const file = sqlitePath(url);
    if (file === ':memory:') {
      throw new CopyError(`a database in memory cannot be the ${use} of a copy`);
    }
    if (use === 'target') {
      makeDirectory(path.dirname(file));
    } else if (!existsSync(file)) {
      throw new CopyError(`there is no database ${file}: the source does not exist`);
    }
    return Promise.resolve(new SqliteEnd(file, use === 'source'));
  }

  tableNames(): Promise<string[]> {
    return this.list(`SELECT name FROM sqlite_master WHERE type = 'table'`);
  }

  list(sql: string): Promise<string[]> {
    const values = this.#db.prepare(sql).pluck().all();
    return Promise.resolve(values.map(String));
  }

  async beginReading(): Promise<void> {
    this.#db.exec('BEGIN');
    await this.tableNames();
  }

  beginWriting(): Promise<void> {
    this.#db.exec('BEGIN IMMEDIATE');
    return Promise.resolve();
  }

  rows(table: CopiedTable, after: Row | undefined, limit: number): Promise<Row[]> {
    const page = this.#db.prepare(pageStatement(table, after === undefined, limit)).raw();
    const key = after === undefined ? [] : convert(table.key, keyOf(table, after), TO_STORED);
    const named = Object.fromEntries(key.map((value, index) => [String(index + 1), value]));
    const rows = page.all(named) as Stored[][];
    return Promise.resolve(rows.map(row => convert(table.columns, row, FROM_STORED)));
  }

  insert(table: CopiedTable, rows: readonly Row[]): Promise<void> {
    const places = table.columns.map(() => '?').join(', ');
    const insert = this.#db.prepare(
      `INSERT INTO ${quoted(table.name)} (${names(table.columns)}) VALUES (${places})`,
    );
    for (const row of rows) {
      insert.run(...convert(table.columns, row, TO_STORED));
    }
    return Promise.resolve();
  }

  lastCounted({ name }: CopiedTable): Promise<string> {
    const last = this.#db.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck();
    return Promise.resolve(String(last.get(name) ?? 0));
  }

  setLastCounted({ name }: CopiedTable, value: string): Promise<void> {
    this.#db.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(name);
    this.#db
      .prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)')
      .run(name, BigInt(value));
    return Promise.resolve();
  }

  /** Copies all pages into an empty file, as of the moment of `beginReading`. */
  async backUp(file: string): Promise<void> {
    await this.#db.backup(file);
  }

  commit(): Promise<void> {
    this.#db.exec('COMMIT');
    if (!this.#db.readonly) {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#db.close();
    return Promise.resolve();
  }
}

function convert<From, To>(
  columns: readonly CopiedColumn[],
  row: readonly From[],
  by: Readonly<Record<ColumnKind, (value: From) => To>>,
): (To | null)[] {
  return columns.map(({ kind }, index) => (row[index] === null ? null : by[kind](row[index])));
}
