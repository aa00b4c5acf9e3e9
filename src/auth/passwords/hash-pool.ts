import type { OnApplicationShutdown } from '@nestjs/common';
import type { Piscina } from 'piscina';
import { retryLater } from '../../problems/problem.js';
import type { HashJob } from './hash.worker.js';
import { FairQueue } from './fair-queue.js';

/** Who asks: somebody who has shown something (`trusted`: device, network, ticket, session), or anybody. */
export type HashLane = 'trusted' | 'stranger';

const LANES: readonly HashLane[] = ['trusted', 'stranger'];

/** Places to wait in. Strangers get few: what waits longer than a client does is work for nobody. */
const PLACES: Record<HashLane, number> = { trusted: 64, stranger: 8 };

/** A thread costs 4 MB and 90 ms to start (measured on Node 20): kept while logins come, given back in quiet times. */
const IDLE_MS = 60_000;

/** No hash of the highest cost takes as long: a thread that does has gone astray and is replaced. */
const JOB_LIMIT_MS = 30_000;

interface Waiting {
  readonly job: HashJob;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Hashes in worker threads, so that the main thread goes on answering. What is trusted goes first and may use every
 * thread; strangers together use all but one (the only one where there is one). Nobody's second hash goes before another's
 * first. Who finds no place to wait is told to come back. A thread that dies fails its own job with `unavailable` and is replaced.
 */
export class HashPool implements OnApplicationShutdown {
  readonly #waiting: Record<HashLane, FairQueue<Waiting>> = {
    trusted: new FairQueue(),
    stranger: new FairQueue(),
  };
  readonly #running: Record<HashLane, number> = { trusted: 0, stranger: 0 };
  readonly #limits: Record<HashLane, number>;
  #workers?: Promise<Piscina<HashJob, unknown>>;
  #closed = false;

  /** @param threads HASH_THREADS, 1 or more; each is started when it is first needed */
  constructor(private readonly threads: number) {
    this.#limits = { trusted: threads, stranger: Math.max(1, threads - 1) };
  }

  /**
   * A new bcrypt hash of the digest. Throws Problem `unavailable` where no place is left.
   * @param owner the user owner hash it is, if one is known to have asked
   */
  hash(digest: string, cost: number, lane: HashLane, owner?: string): Promise<string> {
    return this.#enter({ digest, cost }, lane, owner) as Promise<string>;
  }

  /**
   * Whether the digest is that of the stored bcrypt hash (false where there is none), after as much further work as
   * hashes of the `padding` costs. Throws Problem `unavailable` where no place is left.
   */
  compare(
    digest: string,
    stored: string | undefined,
    padding: readonly number[],
    lane: HashLane,
    owner?: string,
  ): Promise<boolean> {
    return this.#enter({ digest, stored, padding }, lane, owner) as Promise<boolean>;
  }

  /** Ends the threads. Whoever still waits, or comes later, gets `unavailable`. */
  async close(): Promise<void> {
    this.#closed = true;
    LANES.forEach(lane => this.#shorten(lane, 0));
    const workers = await this.#workers?.catch(() => undefined);
    await workers?.destroy();
  }

  /** After the last request was answered. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  #enter(job: HashJob, lane: HashLane, owner?: string): Promise<unknown> {
    if (this.#closed) {
      return Promise.reject(retryLater('unavailable', 1));
    }
    return new Promise((resolve, reject) => {
      this.#waiting[lane].add({ job, resolve, reject }, owner);
      this.#dispatch();
      this.#shorten(lane, PLACES[lane]);
    });
  }

  /** Sends away those for whom there are no places: not whoever came last, but whoever would wait longest. */
  #shorten(lane: HashLane, places: number): void {
    while (this.#waiting[lane].length > places) {
      this.#waiting[lane].dropLast()?.reject(retryLater('unavailable', 1));
    }
  }

  #hasThread(lane: HashLane): boolean {
    const busy = this.#running.trusted + this.#running.stranger;
    return busy < this.threads && this.#running[lane] < this.#limits[lane];
  }

  /** Gives free threads to who waits. The threads never have a queue of their own. */
  #dispatch(): void {
    for (const lane of LANES) {
      while (this.#hasThread(lane)) {
        const next = this.#waiting[lane].next();
        if (next === undefined) {
          break;
        }
        void this.#run(next, lane);
      }
    }
  }

  async #run({ job, resolve, reject }: Waiting, lane: HashLane): Promise<void> {
    this.#running[lane] += 1;
    try {
      this.#workers ??= this.#start();
      const workers = await this.#workers;
      resolve(await workers.run(job, { signal: AbortSignal.timeout(JOB_LIMIT_MS) }));
    } catch (cause) {
      const problem = retryLater('unavailable', 1);
      problem.cause = cause;
      reject(problem);
    } finally {
      this.#running[lane] -= 1;
      this.#dispatch();
    }
  }

  /** Loads the library with the first job: not every process hashes. */
  async #start(): Promise<Piscina<HashJob, unknown>> {
    const { Piscina } = await import('piscina');
    const workers = new Piscina<HashJob, unknown>({
      filename: new URL('./hash.worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: this.threads,
      idleTimeout: IDLE_MS,
    });
    // A thread that fails without a job is no reason to end the process: the next job starts another.
    workers.on('error', () => undefined);
    return workers;
  }
}
