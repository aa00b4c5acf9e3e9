import type { DataSource } from 'typeorm';
import { retryLater } from '../problems/problem.js';
import { createDataSource } from './data-source.js';
import type { DatabaseOptions, Schema } from './data-source.js';
import { startError } from './database-errors.js';
import type { DatabaseLog, Dialect, Param, Queryable, Transaction } from './database.types.js';
import type { WriteCounts } from './database.types.js';
import { refuseMissingFile, refuseUnlessMigrated } from './existing-database.js';
import { migrate, migrationNames } from './migrate.js';
import { PostgresStore } from './postgres-store.js';
import { SqliteStore } from './sqlite-store.js';
import { runSlices } from './slices.js';
import type { NextSlice } from './slices.js';
import type { Store } from './store.js';
import type { Tracing } from '../telemetry/tracing.js';
import { bindTypeOrm } from './typeorm-binding.js';
import { UnitScope } from './unit-of-work.js';

/**
 * The one gate to the database. A write that resolves is stored (with SQLite's `synchronous=FULL` it survives a power
 * cut), a write that throws leaves nothing behind, and reads see only what is committed.
 *
 * Every method throws Problem `unavailable` or `storage_full` if the database is away, locked or full.
 * A statement inside a unit of work belongs to that unit.
 */
export class Database implements Queryable {
  private constructor(
    /** For TypeOrmModule, whose repositories belong to the unit of work that they are used in. */
    readonly dataSource: DataSource,
    private readonly store: Store,
    private readonly scope: UnitScope,
  ) {
    bindTypeOrm(dataSource, scope, (sql, params) => store.query(sql, params));
    const disconnect = dataSource.destroy.bind(dataSource);
    let closing: Promise<void> | undefined;
    // TypeOrmModule destroys it too: the first call lets the writer finish.
    dataSource.destroy = () => (closing ??= store.close().then(disconnect));
  }

  /** Connects, and migrates unless the database `mustExist`. Throws DatabaseStartError with one line if that fails. */
  static async open(
    options: DatabaseOptions,
    log?: DatabaseLog,
    schema?: Schema,
    tracing?: Tracing,
  ): Promise<Database> {
    const dataSource = createDataSource(options, schema);
    try {
      if (options.mustExist) {
        refuseMissingFile(options.url);
      }
      await dataSource.initialize();
      const done = options.mustExist
        ? await refuseUnlessMigrated(dataSource, options.url)
        : await migrate(dataSource);
      if (done.length > 0) {
        log?.info({ migrations: done.map(({ name }) => name) }, 'the database was migrated');
      }
      const scope = new UnitScope(tracing);
      const store =
        dataSource.options.type === 'postgres'
          ? new PostgresStore(dataSource, scope, log)
          : new SqliteStore(dataSource, scope, log);
      return new Database(dataSource, scope.traced(store), scope);
    } catch (error) {
      if (dataSource.isInitialized) {
        await dataSource.destroy();
      }
      throw startError(error, options.url);
    }
  }

  get dialect(): Dialect {
    return this.store.dialect;
  }

  /** Units of work and commits since the start. */
  get counts(): Readonly<WriteCounts> {
    return this.store.counts;
  }

  all<T>(sql: string, params: readonly Param[] = []): Promise<T[]> {
    return this.#place().all<T>(sql, params);
  }

  get<T>(sql: string, params: readonly Param[] = []): Promise<T | undefined> {
    return this.#place().get<T>(sql, params);
  }

  async run(sql: string, params: readonly Param[] = []): Promise<number> {
    return this.#place().run(sql, params);
  }

  /** The rows of one statement that writes (`RETURNING`): the cheapest unit of work. */
  change<T>(sql: string, params: readonly Param[] = []): Promise<T[]> {
    return this.scope.current()?.all<T>(sql, params) ?? this.store.change<T>(sql, params);
  }

  /**
   * Runs a unit of work: everything in it is stored when the promise resolves, or nothing if `work` throws.
   * Await only the database inside: on SQLite all other writes wait. On PostgreSQL `work` runs again, up to three
   * times, after a conflict with another transaction, and a statement that fails dooms its unit: if it may fail,
   * nest it in a separate `write`.
   */
  async write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const unit = this.scope.current();
    return unit === undefined ? this.store.write(work) : unit.nest(work);
  }

  /** Calls `act`, which must not throw, when the caller's unit of work is committed; outside of one at once. */
  afterCommit(act: () => void): void {
    const unit = this.scope.current();
    if (unit === undefined) {
      act();
    } else {
      unit.afterCommit = [...(unit.afterCommit ?? []), act];
    }
  }

  /**
   * A read that may take long: in a thread on SQLite, on at most half of the connections on PostgreSQL. Owners take
   * turns. Throws `unavailable` after 5 s, `too_many_requests` if the owner has 62 waiting.
   */
  allLong<T>(sql: string, params: readonly Param[], owner: unknown): Promise<T[]> {
    const unit = this.scope.current();
    return unit?.all<T>(sql, params) ?? this.store.allLong<T>(sql, params, owner);
  }

  /**
   * Long work in slices, each a transaction that keeps other writes waiting for about 15 ms, in a thread on SQLite.
   * `next` returns the next slice, of about `size` rows, or undefined at the end; it may throw to stop. Returns the
   * number of rows changed.
   */
  inSlices(next: NextSlice): Promise<number> {
    return this.store.sliced(() => runSlices(this.store, next));
  }

  /** Rows one by one, as of one moment, while others write. Leave the loop to stop early. */
  stream<T>(sql: string, params: readonly Param[] = []): AsyncGenerator<T> {
    return this.store.stream<T>(sql, params);
  }

  /** Resolves if the database answers and has every migration of this program; otherwise throws `unavailable`. */
  async ping(): Promise<void> {
    // Not refused in an overload: an orchestrator would take a busy process for a broken one.
    const { raw } = await this.store.query('SELECT name FROM migrations', []);
    const executed = new Set((raw as { name: string }[]).map(({ name }) => name));
    if (migrationNames(this.dataSource).some(name => !executed.has(name))) {
      throw retryLater('unavailable', 1, 'the database is not migrated');
    }
  }

  /** Lets waiting writes finish, then closes every connection. */
  close(): Promise<void> {
    return this.dataSource.destroy();
  }

  #place(): Queryable {
    return this.scope.current() ?? this.store;
  }
}
