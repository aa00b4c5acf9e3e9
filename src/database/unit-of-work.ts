import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryResult } from 'typeorm';
import type { Dialect, Param, Transaction } from './database.types.js';
import { DatabaseUseError } from './database-errors.js';

type Awaitable<T> = T | Promise<T>;

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

export type Work<T> = (unit: UnitOfWork) => Promise<T>;

/** Which unit of work the running code belongs to, if any; one for each open database. */
export class UnitScope {
  readonly #storage = new AsyncLocalStorage<UnitOfWork>();
  #live = 0;

  /** The unit that the caller runs in; undefined outside and for what a unit left running after its end. */
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
        // Node's hooks make every promise of the process dearer: keep them only while a unit is open.
        this.#storage.disable();
      }
    }
  }
}

/**
 * A transaction, or a savepoint in one. Usable until its `work` settles and never after:
 * a statement that comes later is refused instead of slipping into somebody else's transaction.
 */
export class UnitOfWork implements Transaction {
  ended = false;
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

  /** Runs `work` in this unit and ends it, once also the units inside have settled. */
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

  /** A unit inside this one: undone alone when `work` fails. Units inside run one after the other. */
  async nest<T>(work: Work<T>): Promise<T> {
    const before = this.#inner;
    const result = (async () => {
      await before;
      return performInSavepoint(this.connection, this.scope, this.depth + 1, work);
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

  /** Waits until no unit inside is open, so that its rollback cannot take this unit's statement with it. */
  async #turn(): Promise<void> {
    while (this.#inner !== undefined && this.scope.isWithin(this)) {
      await this.#inner;
    }
    if (this.ended) {
      throw new DatabaseUseError('this unit of work has ended: await every statement in it');
    }
  }
}

/** Runs `work` in a savepoint: all of it stays, or, when it throws, nothing. */
export async function performInSavepoint<T>(
  connection: Connection,
  scope: UnitScope,
  depth: number,
  work: Work<T>,
): Promise<T> {
  const name = `unit_${depth}`;
  await connection.control(`SAVEPOINT ${name}`);
  try {
    const value = await new UnitOfWork(connection, scope, depth).perform(work);
    await connection.control(`RELEASE SAVEPOINT ${name}`);
    return value;
  } catch (error) {
    try {
      await connection.control(`ROLLBACK TO SAVEPOINT ${name}`);
      await connection.control(`RELEASE SAVEPOINT ${name}`);
    } catch {
      // The transaction as a whole is gone: whoever commits it finds out, the first error tells why.
    }
    throw error;
  }
}
