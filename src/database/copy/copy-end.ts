import type { CopiedColumn, CopiedTable } from './copied-tables.js';

/** A copy that cannot be made; its message is one line. The target is as it was. */
export class CopyError extends Error {}

/** A value in the form that is the same on every database; a bigint as its decimal digits, none of them lost. */
export type Value = string | boolean | null;

/** The values of a row in the order of the table's columns. */
export type Row = readonly Value[];

/** One connection to a database that is copied from or to, in one transaction that nothing else gets into. */
export interface CopyEnd {
  /** The tables that are there. */
  tableNames(): Promise<string[]>;
  /** The first column of each row, as text. */
  list(sql: string): Promise<string[]>;
  /** From now on every read is of this one moment. */
  beginReading(): Promise<void>;
  /** From now on nobody else writes to these tables. */
  beginWriting(tables: readonly CopiedTable[]): Promise<void>;
  /** At most `limit` rows in the order of the primary key, after the row `after`. */
  rows(table: CopiedTable, after: Row | undefined, limit: number): Promise<Row[]>;
  insert(table: CopiedTable, rows: readonly Row[]): Promise<void>;
  /** The highest value of `table.counted` that was ever given out; '0' where none was. */
  lastCounted(table: CopiedTable): Promise<string>;
  setLastCounted(table: CopiedTable, value: string): Promise<void>;
  commit(): Promise<void>;
  /** Undoes what was not committed, and disconnects. */
  close(): Promise<void>;
}

/** The statement behind `CopyEnd.rows`, with a placeholder for each value of the key. */
export function pageStatement(table: CopiedTable, isFirst: boolean, limit: number): string {
  const key = names(table.key);
  const places = table.key.map((_, index) => `$${index + 1}`).join(', ');
  const where = isFirst ? '' : `WHERE (${key}) > (${places})`;
  const select = `SELECT ${names(table.columns)} FROM ${quoted(table.name)}`;
  // A list in parentheses would be one value to sort by, and no index for it.
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
