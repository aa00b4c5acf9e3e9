import type SQLite from 'better-sqlite3';
import type { Pool, PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner, ReplicationMode } from 'typeorm';
import { DatabaseUseError } from './database-errors.js';
import type { UnitScope } from './unit-of-work.js';

/** TypeORM's runner, with the parts that its types keep to itself. */
type OpenRunner = QueryRunner & { transactionDepth: number; isTransactionActive: boolean };

type Check = (sql: string) => void;

/** Makes TypeORM managers whose statements run on a connection that this layer chose. */
export class TypeOrmBinding {
  readonly #newRunner: () => OpenRunner;

  constructor(private readonly dataSource: DataSource) {
    const { driver } = dataSource;
    const create = driver.createQueryRunner.bind(driver);
    const first = create('master');
    const Runner = first.constructor as new (driver: unknown, mode: ReplicationMode) => OpenRunner;
    this.#newRunner = () => new Runner(driver, 'master');
  }

  onSqlite(db: SQLite.Database, check: Check): EntityManager {
    return this.#bind({
      prepare: (sql: string) => {
        const statement = db.prepare<unknown[]>(sql);
        const checked =
          <T>(call: (...values: unknown[]) => T) =>
          (...values: unknown[]): T => {
            check(sql);
            return call(...values);
          };
        return {
          reader: statement.reader,
          all: checked((...values) => statement.all(...values)),
          run: checked((...values) => statement.run(...values)),
        };
      },
    });
  }

  onPostgres(client: Pool | PoolClient, check: Check): EntityManager {
    return this.#bind({
      query: (sql: string, values: unknown[]) => {
        check(sql);
        return client.query(sql, values);
      },
    });
  }

  /** From now on the DataSource itself reaches the database only inside a unit of work. */
  guard(scope: UnitScope): void {
    const refuse = () => {
      throw new DatabaseUseError(
        'a query outside a unit of work: use database.write(), or database.manager to read',
      );
    };
    const refusing = this.#bind({ prepare: refuse, query: refuse });
    this.dataSource.driver.createQueryRunner = () => runnerOf(scope.current()?.manager ?? refusing);
  }

  #bind(connection: object): EntityManager {
    const runner = this.#newRunner();
    const refuse = () =>
      Promise.reject(new DatabaseUseError('use database.write() for a transaction'));
    // A runner that is in a transaction makes TypeORM's save() and remove() join it.
    Object.assign(runner, {
      isTransactionActive: true,
      transactionDepth: 1,
      connect: () => Promise.resolve(connection),
      release: () => Promise.resolve(),
      startTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
    });
    const manager = this.dataSource.createEntityManager(runner);
    return Object.assign(runner, { manager }).manager;
  }
}

export function runnerOf(manager: EntityManager): QueryRunner {
  if (manager.queryRunner === undefined) {
    throw new DatabaseUseError('a manager without a connection of its own');
  }
  return manager.queryRunner;
}

const READS = /^\s*(SELECT|WITH|VALUES|SHOW|EXPLAIN)\b/i;

export function refuseWrites(sql: string): void {
  if (!READS.test(sql)) {
    throw new DatabaseUseError('a statement that writes belongs into database.write()');
  }
}
