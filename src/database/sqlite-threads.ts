import { setImmediate as nextTurn } from 'node:timers/promises';
import { METRICS } from '../metrics/metrics.js';
import { retryLater } from '../problems/problem.js';
import { toProblem } from './database-errors.js';
import type { Param, SliceResult } from './database.types.js';
import { LONG_READS, LONG_READ_MS } from './long-reads.js';
import { SqliteThread } from './sqlite-thread.js';
import type { ThreadData } from './sqlite.worker.js';
import { Turns } from './turns.js';

/** Threads for long reads. One more has all streams, whose readers may be slow, and one the long writes. */
const THREADS = 2;
const ROWS_PER_CALL = 256;

/** Runs what takes long on a SQLite file in threads, each of which starts when it is first needed. */
export class SqliteThreads {
  // One owner leaves a thread to the others.
  readonly #turns = new Turns('long reads', { ...LONG_READS, atOnce: THREADS, perOwner: 1 });
  readonly #idle: SqliteThread[] = [];
  readonly #all = new Set<SqliteThread>();
  #streams?: SqliteThread;
  #writes?: SqliteThread;
  #lastStream = 0;

  constructor(private readonly data: ThreadData) {
    METRICS.readerThreads.of(this, threads => threads.#count());
  }

  /** Throws `unavailable` if the rows are not there in time, and what `Turns` throws. */
  async all<T>(sql: string, params: readonly Param[], owner: unknown): Promise<T[]> {
    const end = await this.#turns.take(owner);
    const thread = this.#idle.pop() ?? this.#start();
    const rows = thread.call('all', sql, params).finally(() => {
      // A statement cannot be stopped: its thread is busy to its end, even if the caller has gone.
      if (!thread.isDead) {
        this.#idle.push(thread);
      }
      end();
    });
    return (await inTime(rows)) as T[];
  }

  /** Rows of one moment. */
  async *stream<T>(sql: string, params: readonly Param[]): AsyncGenerator<T> {
    const thread = (this.#streams = this.#alive(this.#streams));
    this.#lastStream += 1;
    const id = this.#lastStream;
    const next = (): Promise<T[]> => thread.call('next', id, ROWS_PER_CALL) as Promise<T[]>;
    try {
      await thread.call('open', id, sql, params);
      for (let rows = await next(); rows.length > 0; rows = await next()) {
        yield* rows;
        // Answers that come fast would keep the event loop from all else.
        await nextTurn();
      }
    } catch (error) {
      throw toProblem(error);
    } finally {
      await thread.call('close', id).catch(() => undefined);
    }
  }

  /** One statement that writes, as a transaction. */
  async run(sql: string, params: readonly Param[]): Promise<SliceResult> {
    const thread = (this.#writes = this.#alive(this.#writes));
    return thread.call('run', sql, params).catch((error: unknown) => {
      throw toProblem(error);
    });
  }

  /** Moves what was written from the log into the file: otherwise the main thread's next commit would. */
  async checkpoint(): Promise<void> {
    await (this.#writes?.isDead ? undefined : this.#writes?.call('checkpoint'));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map(thread => thread.end()));
  }

  #count(): { busy: number; idle: number } {
    const alive = [...this.#all].filter(({ isDead }) => !isDead);
    const busy = alive.filter(({ isBusy }) => isBusy).length;
    return { busy, idle: alive.length - busy };
  }

  #alive(thread?: SqliteThread): SqliteThread {
    return thread?.isDead === false ? thread : this.#start();
  }

  #start(): SqliteThread {
    this.#all.forEach(each => each.isDead && this.#all.delete(each));
    const thread = new SqliteThread(this.data);
    this.#all.add(thread);
    return thread;
  }
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = retryLater('unavailable', LONG_READ_MS / 1000, 'the read takes too long');
    timer = setTimeout(reject, LONG_READ_MS, problem).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    promise.catch(() => undefined);
    throw toProblem(error);
  } finally {
    clearTimeout(timer);
  }
}
