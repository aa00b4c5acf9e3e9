export type Dialect = 'sqlite' | 'postgres';

/** What a statement can be given. Booleans travel as 0 and 1 on SQLite: read them back with `Boolean()`. */
export type Param = string | number | boolean | null | Uint8Array;

/** Statements that run on one connection, or on whichever connection is free. */
export interface Queryable {
  readonly dialect: Dialect;

  /** Rows of one statement, prepared once and kept. Placeholders are `$1`, `$2` … on both databases. */
  all<T>(sql: string, params?: readonly Param[]): Promise<T[]>;

  /** The first row, or undefined. */
  get<T>(sql: string, params?: readonly Param[]): Promise<T | undefined>;

  /** The number of rows that the statement changed. */
  run(sql: string, params?: readonly Param[]): Promise<number>;
}

/** A unit of work that is stored as a whole or not at all. */
export interface Transaction extends Queryable {
  /** Whether the unit is over, so that it takes no more statements. */
  readonly ended: boolean;
}

/** Where the database layer tells what an operator should see; a pino logger fits. */
export interface DatabaseLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** How much one commit carries: units of work done and commits made since the start. */
export interface WriteCounts {
  units: number;
  commits: number;
}
