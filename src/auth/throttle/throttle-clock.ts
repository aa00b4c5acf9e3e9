import type { Database } from '../../database/database.js';

/** Epoch milliseconds. */
export type Clock = () => number;

/** PostgreSQL's time when it got the statement: the same for all replicas, however their own clocks differ. */
const POSTGRES_NOW = 'CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS bigint)';

/**
 * The present as a statement sees it: PostgreSQL's own clock, this process's clock on SQLite, or the one given.
 */
export class ThrottleClock {
  constructor(
    private readonly database: Database,
    private readonly clock?: Clock,
  ) {}

  /** The expression, in epoch milliseconds, for a statement that is given `value` as `placeholder`. */
  sql(placeholder: string): string {
    const given = `CAST(${placeholder} AS bigint)`;
    return this.database.dialect === 'postgres' ? `COALESCE(${given}, ${POSTGRES_NOW})` : given;
  }

  get value(): number | null {
    if (this.clock !== undefined) {
      return this.clock();
    }
    return this.database.dialect === 'postgres' ? null : Date.now();
  }
}
