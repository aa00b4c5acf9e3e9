import SQLite from 'better-sqlite3';
import type { QueryResult } from 'typeorm';
import type { Param } from './database.types.js';
import { DatabaseUseError } from './database-errors.js';

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
  const db = new SQLite(file, { readonly: true, fileMustExist: true, timeout: lockMs });
  db.pragma('cell_size_check = ON');
  db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
  return db;
}

interface Prepared {
  readonly statement: SQLite.Statement<unknown[]>;
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
    if (!prepared.statement.reader) {
      prepared.statement.run(...values);
      return [];
    }
    return prepared.statement.all(...values) as T[];
  }

  get<T>(sql: string, params: readonly Param[]): T | undefined {
    const prepared = this.#prepare(sql);
    return prepared.statement.reader
      ? (prepared.statement.get(...bind(prepared, params)) as T | undefined)
      : this.all<T>(sql, params)[0];
  }

  /** The number of rows changed. */
  run(sql: string, params: readonly Param[]): number {
    const prepared = this.#prepare(sql);
    const values = bind(prepared, params);
    return prepared.statement.reader
      ? prepared.statement.all(...values).length
      : prepared.statement.run(...values).changes;
  }

  /** Rows one by one; until the loop ends the connection can do nothing else. */
  iterate<T>(sql: string, params: readonly Param[]): IterableIterator<T> {
    const prepared = this.#prepare(sql);
    return prepared.statement.iterate(...bind(prepared, params)) as IterableIterator<T>;
  }

  /** For TypeORM, whose statements are not kept: they contain numbers, so few come twice. */
  query(sql: string, params: readonly Param[]): QueryResult {
    const prepared = this.#parse(sql);
    const values = bind(prepared, params);
    if (prepared.statement.reader) {
      const records = prepared.statement.all(...values);
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
    const statement = this.db.prepare<unknown[]>(text);
    if (this.readonly && !statement.readonly) {
      throw new DatabaseUseError('a statement that writes belongs into database.write() or run()');
    }
    const inOrder = order.every((place, index) => place === index);
    return inOrder ? { statement } : { statement, order };
  }
}

function bind({ order }: Prepared, params: readonly Param[]): readonly unknown[] {
  const values = order === undefined ? params : order.map(place => params[place]);
  // better-sqlite3 refuses booleans.
  return values.some(isBoolean)
    ? values.map(value => (isBoolean(value) ? Number(value) : value))
    : values;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
