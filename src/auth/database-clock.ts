import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';

/** PostgreSQL's time when the statement began: one clock for all replicas. */
const POSTGRES_NOW = 'CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS bigint)';

/** The time (epoch milliseconds) as a statement sees it: PostgreSQL's clock, or on SQLite this machine's. */
@Injectable()
export class DatabaseClock {
  constructor(private readonly database: Database) {}

  /** The SQL expression for the time, in a statement that gets `value` as `placeholder`. */
  sql(placeholder: string): string {
    const given = `CAST(${placeholder} AS bigint)`;
    return this.database.dialect === 'postgres' ? `COALESCE(${given}, ${POSTGRES_NOW})` : given;
  }

  /** The parameter of the statement. */
  get value(): number | null {
    return this.database.dialect === 'postgres' ? null : Date.now();
  }
}
