export type Dialect = 'sqlite' | 'postgres';

/** A parameter of a statement. SQLite stores booleans as 0 and 1: read them with `Boolean()`. */
export type Param = string | number | boolean | null | Uint8Array;

/** Runs SQL on one connection, or on any free one. */
export interface Queryable {
  readonly dialect: Dialect;

  /** The rows of a statement, which stays prepared. Placeholders are `$1`, `$2` … on both databases. */
  all<T>(sql: string, params?: readonly Param[]): Promise<T[]>;

  /** The first row, or undefined. */
  get<T>(sql: string, params?: readonly Param[]): Promise<T | undefined>;

  /** The number of rows that the statement changed. */
  run(sql: string, params?: readonly Param[]): Promise<number>;
}

/** A unit of work: all of it is stored, or nothing. */
export interface Transaction extends Queryable {
  /** Whether the unit is over, so that it takes no more statements. */
  readonly ended: boolean;
}

/** Takes lines for the operator; a pino logger fits. */
export interface DatabaseLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A slice of long work: one statement. */
export interface Slice {
  sql: string;
  params: readonly Param[];
}

/** How many rows a slice changed, and how long other writes waited for it. */
export interface SliceResult {
  rows: number;
  ms: number;
}

/** Units of work and commits since the start. */
export interface WriteCounts {
  units: number;
  commits: number;
}
