import type { QueryResult } from 'typeorm';
import type { Queryable, Param, Slice, SliceResult, WriteCounts } from './database.types.js';
import type { Work } from './unit-of-work.js';

/** What SQLite and PostgreSQL do differently. */
export interface Store extends Queryable {
  readonly counts: WriteCounts;
  /** A SELECT of TypeORM's, outside a unit of work. */
  query(sql: string, params: readonly Param[]): Promise<QueryResult>;
  /** A statement that writes and returns rows. */
  change<T>(sql: string, params: readonly Param[]): Promise<T[]>;
  write<T>(work: Work<T>): Promise<T>;
  allLong<T>(sql: string, params: readonly Param[], owner: unknown): Promise<T[]>;
  /** Runs a slice in its own transaction, and then lets other writes have their turn. */
  runSlice(slice: Slice): Promise<SliceResult>;
  /** Around all slices of one task. */
  sliced<T>(task: () => Promise<T>): Promise<T>;
  stream<T>(sql: string, params: readonly Param[]): AsyncGenerator<T>;
  /** Lets running writes finish. Afterwards the DataSource may disconnect. */
  close(): Promise<void>;
}
