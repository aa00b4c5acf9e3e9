import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryResult } from 'typeorm';
import type { Dialect, Param, Transaction } from './database.types.js';
import { DatabaseUseError } from './database-errors.js';
import type { Tracing } from '../telemetry/tracing.js';

export type Awaitable<T> = T | Promise<T>;

/** One connection to the database, used by one unit of work at a time. */
export interface Connection {
  readonly dialect: Dialect;
  all<T>(sql: string, params: readonly Param[]): Awaitable<T[]>;
  run(sql: string, params: readonly Param[]): Awaitable<number>;
  /** A statement without parameters or rows, SAVEPOINT and the like. */
  control(sql: string): Awaitable<unknown>;
  /** A statement of TypeORM's, with what TypeORM expects of it. */
  query(sql: string, params: readonly Param[]): Awaitable<QueryResult>;
}

/** Collects what to do after the commit; undefined while there is nothing. */
export interface Outer {
  afterCommit?: (() => void)[];
}

export type Work<T> = (unit: UnitOfWork) => Promise<T>;

/** Knows which unit of work the running code belongs to; each open database has one scope. */
export class UnitScope {
  readonly #storage = new AsyncLocalStorage<UnitOfWork>();
  #live = 0;

  constructor(private readonly tracing?: Tracing) {}

  /** What runs statements, with a span around each if traces are on. */
  traced<T extends { dialect: Dialect }>(target: T): T {
    return this.tracing?.traced(target) ?? target;
  }

  /** The unit that the caller runs in; undefined outside, and after the unit's end. */
  current(): UnitOfWork | undefined {
    const unit = this.#storage.getStore();
    return unit?.ended === false ? unit : undefined;
  }

  isWithin(unit: UnitOfWork): boolean {
    return this.#storage.getStore() === unit;
  }

  /** Runs `body` as part of `unit`, together with all that it starts. */
  async run<T>(unit: UnitOfWork, body: () => Promise<T>): Promise<T> {
    this.#live += 1;
    try {
      return await this.#storage.run(unit, body);
    } finally {
      this.#live -= 1;
      if (this.#live === 0) {
        // Node's hooks slow every promise of the process, so keep them only while a unit is open.
        this.#storage.disable();
      }
    }
  }
}

/**
 * A transaction, or a savepoint in one. It takes statements until its `work` settles.
 * Later ones throw DatabaseUseError, because they would run in another caller's transaction.
 */
export class UnitOfWork implements Transaction, Outer {
  ended = false;
  afterCommit?: (() => void)[];
  #inner?: Promise<unknown>;

  constructor(
    private readonly connection: Connection,
    private readonly scope: UnitScope,
    private readonly depth = 0,
  ) {}

  get dialect(): Dialect {
    return this.connection.dialect;
  }

  async all<T>(sql: string, params: readonly Param[] = []): Promise<T[]> {
    await this.#turn();
    return this.connection.all<T>(sql, params);
  }

  async get<T>(sql: string, params: readonly Param[] = []): Promise<T | undefined> {
    const rows = await this.all<T>(sql, params);
    return rows[0];
  }

  async run(sql: string, params: readonly Param[] = []): Promise<number> {
    await this.#turn();
    return this.connection.run(sql, params);
  }

  /** A statement of TypeORM's repositories. */
  async query(sql: string, params: readonly Param[]): Promise<QueryResult> {
    await this.#turn();
    return this.connection.query(sql, params);
  }

  /** Runs `work` in this unit, waits for the units inside, and ends it. */
  async perform<T>(work: Work<T>): Promise<T> {
    try {
      return await this.scope.run(this, () => work(this));
    } finally {
      while (this.#inner !== undefined) {
        await this.#inner;
      }
      this.ended = true;
    }
  }

  /** Runs a unit inside this one, which is undone alone if `work` fails. Inner units run one after the other. */
  async nest<T>(work: Work<T>): Promise<T> {
    const before = this.#inner;
    const result = (async () => {
      await before;
      return performInSavepoint(this.connection, this.scope, this.depth + 1, work, this);
    })();
    const settled: Promise<void> = result.then(
      () => this.#leave(settled),
      () => this.#leave(settled),
    );
    this.#inner = settled;
    return result;
  }

  #leave(settled: Promise<unknown>): void {
    if (this.#inner === settled) {
      this.#inner = undefined;
    }
  }

  /** Waits until no inner unit is open: its rollback would undo this unit's statement too. */
  async #turn(): Promise<void> {
    while (this.#inner !== undefined && this.scope.isWithin(this)) {
      await this.#inner;
    }
    if (this.ended) {
      throw new DatabaseUseError('this unit of work has ended: await every statement in it');
    }
  }
}

/** Runs `work` in a savepoint, which is undone if `work` throws; otherwise `outer` gets its `afterCommit`. */
export async function performInSavepoint<T>(
  connection: Connection,
  scope: UnitScope,
  depth: number,
  work: Work<T>,
  outer: Outer,
): Promise<T> {
  const name = `unit_${depth}`;
  await connection.control(`SAVEPOINT ${name}`);
  try {
    const unit = new UnitOfWork(connection, scope, depth);
    const value = await unit.perform(work);
    await connection.control(`RELEASE SAVEPOINT ${name}`);
    if (unit.afterCommit !== undefined) {
      outer.afterCommit = [...(outer.afterCommit ?? []), ...unit.afterCommit];
    }
    return value;
  } catch (error) {
    try {
      await connection.control(`ROLLBACK TO SAVEPOINT ${name}`);
      await connection.control(`RELEASE SAVEPOINT ${name}`);
    } catch {
      // The whole transaction is lost; its commit will fail, and the first error says why.
    }
    throw error;
  }
}
