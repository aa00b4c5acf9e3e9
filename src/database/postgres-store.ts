import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';
import type { DataSource, QueryResult as TypeOrmResult } from 'typeorm';
import { METRICS } from '../metrics/metrics.js';
import {
  DatabaseUseError,
  isAnswerTimeout,
  isConnectionLost,
  isSerializationFailure,
  isStalePlan,
  toProblem,
} from './database-errors.js';
import type { DatabaseLog, Param, Slice, SliceResult, WriteCounts } from './database.types.js';
import { PostgresQueue } from './postgres-queue.js';
import { ignoreLoss, readInTime, rollBack, runAtOnce, streamOn } from './postgres-reads.js';
import { beginWithLimits, PostgresSessions } from './postgres-sessions.js';
import { control, forTypeOrm, PostgresStatements, unkept } from './postgres-statements.js';
import type { Store } from './store.js';
import { LONG_READS, LONG_READ_MS } from './long-reads.js';
import { Turns } from './turns.js';
import { PostgresConnection } from './postgres-connection.js';
import { UnitOfWork } from './unit-of-work.js';
import type { UnitScope, Work } from './unit-of-work.js';

/** How often a transaction runs again after a conflict. */
const RETRIES = 3;

/** A pool of PostgreSQL connections: a unit of work reserves one, a single statement takes any free one. */
export class PostgresStore implements Store {
  readonly dialect = 'postgres';
  readonly counts: WriteCounts = { units: 0, commits: 0 };
  readonly #pool: Pool;
  readonly #sessions: PostgresSessions;
  readonly #statements: PostgresStatements;
  /** Streams and long reads leave half of the connections to others. */
  readonly #turns: Turns;
  readonly #queue: PostgresQueue;

  constructor(
    dataSource: DataSource,
    private readonly scope: UnitScope,
    log?: DatabaseLog,
  ) {
    this.#pool = (dataSource.driver as unknown as { master: Pool }).master;
    this.#queue = new PostgresQueue(this.#pool);
    this.#sessions = PostgresSessions.of(this.#pool);
    this.#statements = new PostgresStatements(this.#sessions);
    const atOnce = Math.max(1, Math.floor(this.#pool.options.max / 2));
    const perOwner = Math.max(1, atOnce - 1);
    this.#turns = new Turns('long reads', { ...LONG_READS, atOnce, perOwner });
    METRICS.poolConnections.of(this.#pool, ({ totalCount, idleCount }) => ({
      in_use: totalCount - idleCount,
      idle: idleCount,
    }));
    METRICS.poolWaiting.of(this.#pool, ({ waitingCount }) => waitingCount);
    // The pool replaces a connection that breaks while idle.
    this.#pool.on('error', error => log?.warn({ error: error.message }, 'lost an idle connection'));
  }

  async all<T>(sql: string, params: readonly Param[]): Promise<T[]> {
    this.#queue.admit();
    return (await this.#read(this.#statements.query(sql, params))).rows as T[];
  }

  async get<T>(sql: string, params: readonly Param[]): Promise<T | undefined> {
    const rows = await this.all<T>(sql, params);
    return rows[0];
  }

  async query(sql: string, params: readonly Param[]): Promise<TypeOrmResult> {
    return forTypeOrm(await this.#read(unkept(sql, params)));
  }

  async run(sql: string, params: readonly Param[]): Promise<number> {
    return (await this.#change(sql, params)).rowCount ?? 0;
  }

  async change<T>(sql: string, params: readonly Param[]): Promise<T[]> {
    return (await this.#change(sql, params)).rows as T[];
  }

  async runSlice({ sql, params }: Slice): Promise<SliceResult> {
    const began = performance.now();
    const rows = await this.run(sql, params);
    return { rows, ms: performance.now() - began };
  }

  sliced<T>(task: () => Promise<T>): Promise<T> {
    return task();
  }

  async write<T>(work: Work<T>): Promise<T> {
    this.#queue.admit();
    return this.#retrying(() => this.#attempt(work));
  }

  allLong<T>(sql: string, params: readonly Param[], owner: unknown): Promise<T[]> {
    const query = { ...this.#statements.query(sql, params), query_timeout: 2 * LONG_READ_MS };
    return this.#turns.run(owner, () =>
      this.#retrying(async () => {
        const { rows } = await readInTime(await this.#connect(), query, LONG_READ_MS);
        return rows as T[];
      }),
    );
  }

  async *stream<T>(sql: string, params: readonly Param[]): AsyncGenerator<T> {
    // A stream may be read slowly: no other waits for its end.
    const end = await this.#turns.take({}, 0);
    try {
      yield* streamOn(await this.#connect(), sql, params) as AsyncGenerator<T>;
    } catch (error) {
      throw toProblem(error);
    } finally {
      end();
    }
  }

  close(): Promise<void> {
    this.#pool.removeAllListeners('error').on('error', ignoreLoss);
    return Promise.resolve();
  }

  /** PostgreSQL commits a statement outside a transaction by itself; behind a pooler it needs one for its limits. */
  async #change(sql: string, params: readonly Param[]): Promise<QueryResult> {
    this.#queue.admit();
    const result = await this.#retrying(() => {
      const query = this.#statements.query(sql, params);
      return this.#reserving(client =>
        this.#sessions.isPooled ? runAtOnce(client, beginWithLimits(), query) : client.query(query),
      );
    });
    this.counts.units += 1;
    this.counts.commits += 1;
    return result;
  }

  /** Repeats a read after its connection was lost; a write may have been stored, so it is not repeated. */
  async #read(query: QueryConfig): Promise<QueryResult> {
    try {
      return await this.#ask(query);
    } catch (error) {
      if (!canAskAgain(error)) {
        throw toProblem(error);
      }
      return await this.#ask({ ...query, name: undefined }).catch((again: unknown) => {
        throw toProblem(again);
      });
    }
  }

  async #ask(query: QueryConfig): Promise<QueryResult> {
    return this.#sessions.isPooled
      ? readInTime(await this.#connect(), query)
      : this.#pool.query(query);
  }

  async #retrying<T>(action: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await action();
      } catch (error) {
        if (isStalePlan(error)) {
          this.#statements.forget();
        } else if (!isSerializationFailure(error)) {
          throw toProblem(error);
        }
        if (attempt === RETRIES) {
          throw toProblem(error);
        }
        // A random pause, so that the same two do not conflict again.
        await sleep(Math.random() * 20 * 2 ** attempt);
      }
    }
  }

  async #connect(): Promise<PoolClient> {
    const client = await this.#pool.connect();
    client.on('error', ignoreLoss);
    return client;
  }

  async #attempt<T>(work: Work<T>): Promise<T> {
    let unit!: UnitOfWork;
    const value = await this.#reserving(async client => {
      await client.query(control(this.#sessions.isPooled ? beginWithLimits() : 'BEGIN'));
      this.counts.units += 1;
      const connection = this.scope.traced(new PostgresConnection(client, this.#statements));
      unit = new UnitOfWork(connection, this.scope);
      const value = await unit.perform(work);
      const started = performance.now();
      const { command } = await client.query(control('COMMIT'));
      METRICS.commitTime.observe((performance.now() - started) / 1000);
      if (command !== 'COMMIT') {
        // After a failed statement the server answers COMMIT with ROLLBACK, and no error.
        throw new DatabaseUseError('a statement failed and its unit of work went on: nest it');
      }
      return value;
    });
    this.counts.commits += 1;
    unit.afterCommit?.forEach(act => act());
    return value;
  }

  /** Lends a client, and keeps it only if its state is known afterwards. */
  async #reserving<T>(transact: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let lost: unknown;
    try {
      const value = await transact(client);
      this.#sessions.expectReplicated(client);
      return value;
    } catch (error) {
      lost = isConnectionLost(error) ? error : await rollBack(client);
      throw error;
    } finally {
      client.off('error', ignoreLoss);
      client.release(lost !== undefined);
    }
  }
}

/** Not after a timeout, because the second attempt would take as long. */
function canAskAgain(error: unknown): boolean {
  return (isConnectionLost(error) && !isAnswerTimeout(error)) || isStalePlan(error);
}
