import type { CopiedColumn, CopiedTable } from './copied-tables.js';

/** Why a copy was not made, in one line. The target is unchanged. */
export class CopyError extends Error {}

/** A value in a form that is equal on every database; a bigint as its decimal digits. */
export type Value = string | boolean | null;

/** The values of a row in the order of the table's columns. */
export type Row = readonly Value[];

/** One connection to the source or the target, in one transaction. */
export interface CopyEnd {
  /** The names of all tables. */
  tableNames(): Promise<string[]>;
  /** The first column of each row, as text. */
  list(sql: string): Promise<string[]>;
  /** Later reads see the database as of this moment. */
  beginReading(): Promise<void>;
  /** Keeps all others from writing to these tables. */
  beginWriting(tables: readonly CopiedTable[]): Promise<void>;
  /** At most `limit` rows in the order of the primary key, after the row `after`. */
  rows(table: CopiedTable, after: Row | undefined, limit: number): Promise<Row[]>;
  insert(table: CopiedTable, rows: readonly Row[]): Promise<void>;
  /** The highest value of `table.counted` that was ever used; '0' if none was. */
  lastCounted(table: CopiedTable): Promise<string>;
  setLastCounted(table: CopiedTable, value: string): Promise<void>;
  commit(): Promise<void>;
  /** Undoes what is not committed and disconnects. */
  close(): Promise<void>;
}

/** The statement behind `CopyEnd.rows`, with a placeholder for each value of the key. */
export function pageStatement(table: CopiedTable, isFirst: boolean, limit: number): string {
  const key = names(table.key);
  const places = table.key.map((_, index) => `$${index + 1}`).join(', ');
  const where = isFirst ? '' : `WHERE (${key}) > (${places})`;
  const select = `SELECT ${names(table.columns)} FROM ${quoted(table.name)}`;
  // ORDER BY (a, b) would sort by one row value, without an index.
  return `${select} ${where} ORDER BY ${key} LIMIT ${limit}`;
}

/** The values of the primary key in a row. */
export function keyOf(table: CopiedTable, row: Row): Row {
  return table.key.map(column => row[table.columns.indexOf(column)]);
}

export function names(columns: readonly CopiedColumn[]): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

export function quoted(name: string): string {
  return `"${name}"`;
}
