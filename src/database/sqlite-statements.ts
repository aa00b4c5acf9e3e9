import type SQLite from 'better-sqlite3';
import type { QueryResult } from 'typeorm';
import type { Param } from './database.types.js';
import { DatabaseUseError } from './database-errors.js';
import { Driver } from './sqlite-driver.js';

/** More than the product has. */
const CACHE_SIZE = 500;

/** Text in quotes and comments. */
export const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** Outside quotes and comments `$n` becomes `?`, which better-sqlite3 binds faster. */
const PLACEHOLDER = new RegExp(`${QUOTED.source}|\\$(\\d+)`, 'g');

/** For large files: with less, a page out of ten thousand records takes four times as long. */
const CACHE_KIBIBYTES = 64 * 1024;

/** A connection that reads a file. `lockMs`: how long it blocks its thread while the file is locked. */
export function openReader(file: string, lockMs = 500): SQLite.Database {
  const db = new Driver(file, { readonly: true, fileMustExist: true, timeout: lockMs });
  db.pragma('cell_size_check = ON');
  db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
  return db;
}

interface Prepared {
  /** Returns rows as arrays: objects from better-sqlite3 take twice as long to make and to read. */
  readonly statement: SQLite.Statement<unknown[], unknown[]>;
  /** The names of the columns that it returns; undefined if it returns no rows. */
  readonly columns?: readonly string[];
  /** Which parameter each `?` takes; undefined if they come in order, each once. */
  readonly order?: readonly number[];
}

/** Prepares the statements of one better-sqlite3 connection once and keeps them. */
export class SqliteStatements {
  readonly #prepared = new Map<string, Prepared>();

  constructor(
    readonly db: SQLite.Database,
    private readonly readonly = false,
  ) {}

  all<T>(sql: string, params: readonly Param[]): T[] {
    const prepared = this.#prepare(sql);
    const values = bind(prepared, params);
    const { columns, statement } = prepared;
    if (columns === undefined) {
      statement.run(...values);
      return [];
    }
    return statement.all(...values).map(row => named<T>(columns, row));
  }

  get<T>(sql: string, params: readonly Param[]): T | undefined {
    const prepared = this.#prepare(sql);
    const { columns, statement } = prepared;
    if (columns === undefined) {
      return this.all<T>(sql, params)[0];
    }
    const row = statement.get(...bind(prepared, params));
    return row && named<T>(columns, row);
  }

  /** The number of rows changed. */
  run(sql: string, params: readonly Param[]): number {
    const prepared = this.#prepare(sql);
    const values = bind(prepared, params);
    return prepared.columns
      ? prepared.statement.all(...values).length
      : prepared.statement.run(...values).changes;
  }

  /** Rows one by one; until the loop ends the connection can do nothing else. */
  *iterate<T>(sql: string, params: readonly Param[]): IterableIterator<T> {
    const prepared = this.#prepare(sql);
    const columns = prepared.columns ?? [];
    for (const row of prepared.statement.iterate(...bind(prepared, params))) {
      yield named<T>(columns, row);
    }
  }

  /** For TypeORM, whose statements are not kept: they contain numbers, so few come twice. */
  query(sql: string, params: readonly Param[]): QueryResult {
    const prepared = this.#parse(sql);
    const values = bind(prepared, params);
    const { columns } = prepared;
    if (columns !== undefined) {
      const records = prepared.statement.all(...values).map(row => named<unknown>(columns, row));
      return { raw: records, records };
    }
    const { lastInsertRowid: raw, changes: affected } = prepared.statement.run(...values);
    return { raw, records: [], affected };
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) {
      return known;
    }
    const prepared = this.#parse(sql);
    if (this.#prepared.size >= CACHE_SIZE) {
      const [oldest] = this.#prepared.keys();
      this.#prepared.delete(oldest);
    }
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #parse(sql: string): Prepared {
    const order: number[] = [];
    const text = sql.replace(PLACEHOLDER, (match, digits?: string) => {
      if (digits === undefined) {
        return match;
      }
      order.push(Number(digits) - 1);
      return '?';
    });
    const statement = this.db.prepare<unknown[], unknown[]>(text);
    if (this.readonly && !statement.readonly) {
      throw new DatabaseUseError('a statement that writes belongs into database.write() or run()');
    }
    const columns = statement.reader
      ? statement
          .raw()
          .columns()
          .map(({ name }) => name)
      : undefined;
    const inOrder = order.every((place, index) => place === index);
    return inOrder ? { statement, columns } : { statement, columns, order };
  }
}

function bind({ order }: Prepared, params: readonly Param[]): readonly unknown[] {
  const values = order === undefined ? params : order.map(place => params[place]);
  // better-sqlite3 refuses booleans.
  return values.some(isBoolean)
    ? values.map(value => (isBoolean(value) ? Number(value) : value))
    : values;
}

function named<T>(columns: readonly string[], row: readonly unknown[]): T {
  const object: Record<string, unknown> = {};
  for (let at = 0; at < columns.length; at += 1) {
    object[columns[at]] = row[at];
  }
  return object as T;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
