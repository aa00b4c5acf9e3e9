import type { QueryResult } from 'typeorm';
import type { Queryable, Param, WriteCounts } from './database.types.js';
import type { Work } from './unit-of-work.js';

/** What each kind of database does in its own way, behind the one gate. */
export interface Store extends Queryable {
  readonly counts: WriteCounts;
  all<T>(sql: string, params: readonly Param[]): Promise<T[]>;
  get<T>(sql: string, params: readonly Param[]): Promise<T | undefined>;
  run(sql: string, params: readonly Param[]): Promise<number>;
  /** A SELECT of TypeORM's, outside a unit of work. */
  query(sql: string, params: readonly Param[]): Promise<QueryResult>;
  write<T>(work: Work<T>): Promise<T>;
  stream<T>(sql: string, params: readonly Param[]): AsyncGenerator<T>;
  /** Lets what is under way finish; the DataSource's connections are closed after it. */
  close(): Promise<void>;
}
