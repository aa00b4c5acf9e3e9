import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type SQLite from 'better-sqlite3';
import type { QueryResult } from 'typeorm';
import { METRICS } from '../metrics/metrics.js';
import { retryLater } from '../problems/problem.js';
import { isBusy, toProblem } from './database-errors.js';
import type { DatabaseLog, Param, WriteCounts } from './database.types.js';
import { SqliteStatements } from './sqlite-statements.js';
import { performInSavepoint } from './unit-of-work.js';
import type { Awaitable, Connection, Outer, UnitScope, Work } from './unit-of-work.js';

/** Up to 128 units, begun within 20 ms, share one commit. */
const BATCH_UNITS = 128;
const BATCH_MS = 20;
/** How long a unit waits while another process holds the lock. */
const LOCK_WAIT_MS = 5_000;
const LOCK_RETRY_MS = 3;
/** A unit that takes longer delays every other write, so it is logged. */
const SLOW_UNIT_MS = 1_000;

interface Job extends Outer {
  readonly since: number;
  readonly perform: (job: Outer) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one writer of a SQLite file in this process. Units of work run one after the other, each in a savepoint.
 * Units that wait together share one BEGIN IMMEDIATE … COMMIT and so one fsync; none succeeds or fails before it.
 */
export class SqliteWriter {
  readonly counts: WriteCounts = { units: 0, commits: 0 };
  readonly #queue: Job[] = [];
  readonly #connection: SqliteConnection;
  readonly #traced: Connection;
  #draining?: Promise<void>;
  #closed = false;

  constructor(
    private readonly db: SQLite.Database,
    private readonly scope: UnitScope,
    private readonly log?: DatabaseLog,
  ) {
    this.#connection = new SqliteConnection(db);
    this.#traced = scope.traced<Connection>(this.#connection);
    METRICS.writerQueue.of(this, writer => writer.#queue.length);
  }

  write<T>(work: Work<T>): Promise<T> {
    // A batch runs units of many callers, and each needs its caller's asynchronous context.
    const context = new AsyncResource('UnitOfWork');
    return this.#enqueue(job =>
      context.runInAsyncScope(() => performInSavepoint(this.#traced, this.scope, 0, work, job)),
    );
  }

  /** A unit of work that is one statement: SQLite undoes a statement that fails, so it needs no savepoint. */
  writeOne<T>(statement: (on: Connection) => Awaitable<T>): Promise<T> {
    return this.#enqueue(() => statement(this.#connection));
  }

  /** Refuses new units and resolves when those that wait have finished. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  #enqueue<T>(perform: (job: Outer) => Awaitable<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(retryLater('unavailable', 1));
    }
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({
        since: performance.now(),
        perform,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // Requests that have already reached this process join the first batch.
    await new Promise(resolve => setImmediate(resolve));
    while (this.#queue.length > 0) {
      if (await this.#begin()) {
        await this.#performBatch();
      }
    }
    this.#draining = undefined;
  }

  /** False if every unit that waited has been refused. */
  async #begin(): Promise<boolean> {
    for (let attempt = 0; this.#queue.length > 0; attempt += 1) {
      try {
        this.#connection.control('BEGIN IMMEDIATE');
        return true;
      } catch (error) {
        const patience = isBusy(error) ? LOCK_WAIT_MS : 0;
        this.#rejectOlderThan(patience, toProblem(error));
        await sleep(Math.min(LOCK_RETRY_MS, 2 ** attempt));
      }
    }
    return false;
  }

  #rejectOlderThan(milliseconds: number, error: unknown): void {
    const limit = performance.now() - milliseconds;
    while (this.#queue.length > 0 && this.#queue[0].since <= limit) {
      this.#queue.shift()?.reject(error);
    }
  }

  async #performBatch(): Promise<void> {
    const started = performance.now();
    const settle: (() => void)[] = [];
    const batch: Job[] = [];
    try {
      while (this.#hasRoom(batch.length, started)) {
        const job = this.#queue.shift() as Job;
        batch.push(job);
        const outcome = await this.#performUnit(job);
        settle.push(outcome.settle);
        if (!this.db.inTransaction) {
          // SQLite undoes the whole transaction when the disk is full or fails.
          throw outcome.error ?? new Error('the transaction was lost');
        }
      }
      this.#commit(batch.length);
    } catch (error) {
      this.#connection.rollBack();
      const problem = toProblem(error);
      batch.forEach(job => job.reject(problem));
      return;
    }
    this.counts.commits += 1;
    settle.forEach(answer => answer());
    batch.forEach(job => job.afterCommit?.forEach(act => act()));
  }

  #commit(units: number): void {
    const started = performance.now();
    this.#connection.control('COMMIT');
    METRICS.commitTime.observe((performance.now() - started) / 1000);
    METRICS.batchUnits.observe(units);
  }

  #hasRoom(units: number, started: number): boolean {
    const inTime = units === 0 || performance.now() - started < BATCH_MS;
    return this.#queue.length > 0 && units < BATCH_UNITS && inTime;
  }

  async #performUnit(job: Job): Promise<{ settle: () => void; error?: unknown }> {
    const started = performance.now();
    this.counts.units += 1;
    try {
      const value = await job.perform(job);
      return { settle: () => job.resolve(value) };
    } catch (error) {
      return { settle: () => job.reject(toProblem(error)), error };
    } finally {
      const ms = Math.round(performance.now() - started);
      if (ms > SLOW_UNIT_MS) {
        this.log?.warn({ ms }, 'a unit of work held up all other writes');
      }
    }
  }
}

/** The writer's connection. Outside a transaction it refuses statements, which would commit at once. */
class SqliteConnection implements Connection {
  readonly dialect = 'sqlite';
  readonly #statements: SqliteStatements;

  constructor(private readonly db: SQLite.Database) {
    this.#statements = new SqliteStatements(db);
  }

  all<T>(sql: string, params: readonly Param[]): T[] {
    return this.#guarded(() => this.#statements.all<T>(sql, params));
  }

  run(sql: string, params: readonly Param[]): number {
    return this.#guarded(() => this.#statements.run(sql, params));
  }

  query(sql: string, params: readonly Param[]): QueryResult {
    return this.#guarded(() => this.#statements.query(sql, params));
  }

  control(sql: string): void {
    try {
      this.#statements.run(sql, []);
    } catch (error) {
      // A savepoint that stays open would mix units: undo them all.
      this.rollBack();
      throw error;
    }
  }

  rollBack(): void {
    if (this.db.inTransaction) {
      this.#statements.run('ROLLBACK', []);
    }
  }

  #guarded<T>(statement: () => T): T {
    if (!this.db.inTransaction) {
      // A full disk ended the transaction: the rest of the unit would commit without its beginning.
      throw retryLater('storage_full', 1);
    }
    try {
      return statement();
    } catch (error) {
      throw toProblem(error);
    }
  }
}
