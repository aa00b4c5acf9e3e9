import type { DataSource, QueryResult, QueryRunner, ReplicationMode } from 'typeorm';
import { DatabaseUseError } from './database-errors.js';
import type { Param } from './database.types.js';
import { QUOTED } from './sqlite-statements.js';
import type { UnitScope } from './unit-of-work.js';

type Ask = (sql: string, params: readonly Param[]) => Promise<QueryResult>;

const LOCKS_OR_STORES = /\b(INTO|FOR\s+(NO\s+KEY\s+)?UPDATE|FOR\s+(KEY\s+)?SHARE)\b/i;

/**
 * Makes TypeORM run each statement where the calling code is: in its unit of work, or else as a read by `read`.
 * Outside a unit everything but a SELECT throws DatabaseUseError, as do TypeORM's own transactions everywhere.
 */
export function bindTypeOrm({ driver }: DataSource, scope: UnitScope, read: Ask): void {
  const Runner = driver.createQueryRunner('master').constructor as new (
    driver: DataSource['driver'],
    mode: ReplicationMode,
  ) => QueryRunner;
  const runner = (ask: Ask, isTransactionActive: boolean): QueryRunner =>
    Object.assign(new Runner(driver, 'master'), {
      // In an active transaction save() and remove() join it; outside, TypeORM refuses to lock.
      isTransactionActive,
      query: async (sql: string, params: Param[] = [], useStructuredResult = false) => {
        const result = await ask(sql, params);
        return useStructuredResult ? result : (result.raw as unknown);
      },
      connect: refuse,
      startTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      release: () => Promise.resolve(),
    });
  const outside = runner(async (sql, params) => {
    refuseUnlessRead(sql);
    return read(sql, params);
  }, false);
  driver.createQueryRunner = () => {
    const unit = scope.current();
    return unit === undefined ? outside : runner((sql, params) => unit.query(sql, params), true);
  };
}

function refuse(): Promise<never> {
  const advice = 'use database.write() for writes and transactions';
  return Promise.reject(new DatabaseUseError(advice));
}

function refuseUnlessRead(sql: string): void {
  const bare = sql.replace(QUOTED, ' ');
  if (!/^\s*SELECT\b[^;]*$/i.test(bare) || LOCKS_OR_STORES.test(bare)) {
    throw new DatabaseUseError(
      'outside a unit of work TypeORM only reads, by SELECT: use database.write()',
    );
  }
}
