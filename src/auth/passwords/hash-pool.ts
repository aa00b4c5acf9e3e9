import type { OnApplicationShutdown } from '@nestjs/common';
import type { Piscina } from 'piscina';
import { METRICS } from '../../metrics/metrics.js';
import { retryLater } from '../../problems/problem.js';
import type { HashLane } from '../throttle/admission.js';
import { FairQueue } from './fair-queue.js';
import type { HashJob } from './hash.worker.js';

const LANES: readonly HashLane[] = ['trusted', 'stranger'];

/** While strangers wait, at least every third hash is one of theirs: known clients get two thirds at most. */
const STRANGERS_TURN = 3;

/** The longest queues. Strangers get a short one: clients do not wait longer. */
const MAX_WAITING: Record<HashLane, number> = { trusted: 64, stranger: 8 };

/** Nothing waits longer for its hash: clients give up by then, and a hash of the highest cost takes 3 s. */
const MAX_WAIT_MS = 15_000;

/** A thread costs 4 MB and 90 ms to start (measured on Node 20), so it is kept between logins. */
const IDLE_MS = 60_000;

/** Longer than a hash of the highest cost takes: a thread that exceeds it is replaced. */
const JOB_LIMIT_MS = 30_000;

interface Waiting {
  readonly since: number;
  readonly job: HashJob;
  readonly owner?: string;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Hashes in worker threads, so that the main thread can answer. Owners take turns. Trusted jobs go before strangers,
 * except for every third hash and for owners served since the last stranger: one account delays a newcomer by its
 * running hash only. The last of several threads runs no job of strangers, and none of an owner who has another.
 * When a queue is full or a wait too long, callers get 503 with Retry-After. A thread that dies fails only its own
 * job, with `unavailable`.
 */
export class HashPool implements OnApplicationShutdown {
  readonly #waiting: Record<HashLane, FairQueue<Waiting>> = {
    trusted: new FairQueue(),
    stranger: new FairQueue(),
  };
  readonly #running: { lane: HashLane; owner?: string }[] = [];
  /** The owner of each hash of known clients since the last of a stranger. */
  #sinceStranger: (string | undefined)[] = [];
  #workers?: Promise<Piscina<HashJob, unknown>>;
  #closed = false;

  /** @param threads HASH_THREADS, 1 or more; each starts with its first job */
  constructor(private readonly threads: number) {
    METRICS.hashQueue.of(this, ({ waiting }) => waiting);
  }

  /** How many jobs wait in each lane. */
  get waiting(): Record<HashLane, number> {
    const { trusted, stranger } = this.#waiting;
    return { trusted: trusted.length, stranger: stranger.length };
  }

  /**
   * A new bcrypt hash of the digest. Throws Problem `unavailable` if the queue is full.
   * @param owner who takes turns with other owners; without one, the job is its only owner
   */
  hash(digest: string, cost: number, lane: HashLane, owner?: string): Promise<string> {
    return this.#enqueue({ digest, cost }, lane, owner) as Promise<string>;
  }

  /**
   * Whether the digest matches the stored bcrypt hash (false without one), after further hashes of the `padding` costs.
   * Throws Problem `unavailable` if the queue is full.
   */
  compare(
    digest: string,
    stored: string | undefined,
    padding: readonly number[],
    lane: HashLane,
    owner?: string,
  ): Promise<boolean> {
    return this.#enqueue({ digest, stored, padding }, lane, owner) as Promise<boolean>;
  }

  /** Ends the threads. Jobs that wait or come later get `unavailable`. */
  async close(): Promise<void> {
    this.#closed = true;
    LANES.forEach(lane => this.#dropBeyond(lane, 0));
    const workers = await this.#workers?.catch(() => undefined);
    await workers?.destroy();
  }

  /** After the last request was answered. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  #enqueue(job: HashJob, lane: HashLane, owner?: string): Promise<unknown> {
    if (this.#closed) {
      return Promise.reject(retryLater('unavailable', 1));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(waiting, lane), MAX_WAIT_MS).unref();
      const waiting = { since: performance.now(), job, owner, timer, resolve, reject };
      this.#waiting[lane].add(waiting, owner);
      this.#dispatch();
      this.#dropBeyond(lane, MAX_WAITING[lane]);
    });
  }

  /** Refuses the jobs that would wait longest, which need not be the newest. */
  #dropBeyond(lane: HashLane, limit: number): void {
    while (this.#waiting[lane].length > limit) {
      this.#refuse(this.#waiting[lane].dropLast() as Waiting, lane);
    }
  }

  #giveUp(waiting: Waiting, lane: HashLane): void {
    if (this.#waiting[lane].remove(waiting)) {
      this.#refuse(waiting, lane);
    }
  }

  #refuse({ timer, reject }: Waiting, lane: HashLane): void {
    clearTimeout(timer);
    METRICS.hashRefused.inc({ lane });
    reject(retryLater('unavailable', 1));
  }

  /** Whether a free thread may run a job of this owner. */
  #hasThread(lane: HashLane, owner?: string): boolean {
    const isLast = this.threads > 1 && this.#running.length === this.threads - 1;
    const isSecond =
      owner !== undefined && this.#running.some(each => each.lane === lane && each.owner === owner);
    return (
      this.#running.length < this.threads && !(isLast && (isSecond || this.#onlyStrangers(lane)))
    );
  }

  /** Whether strangers would hold every thread. */
  #onlyStrangers(lane: HashLane): boolean {
    return lane === 'stranger' && this.#running.every(each => each.lane === 'stranger');
  }

  /** Starts waiting jobs on free threads; piscina itself never queues. */
  #dispatch(): void {
    for (let lane = this.#nextLane(); lane !== undefined; lane = this.#nextLane()) {
      const of = lane;
      const next = this.#waiting[of].next(owner => this.#hasThread(of, owner)) as Waiting;
      clearTimeout(next.timer);
      METRICS.hashWait.observe({ lane: of }, (performance.now() - next.since) / 1000);
      this.#sinceStranger.push(next.owner);
      this.#sinceStranger = of === 'stranger' ? [] : this.#sinceStranger.slice(1 - STRANGERS_TURN);
      void this.#run(next, of);
    }
  }

  /** The lane whose turn it is, of those that have a job and a thread for it. */
  #nextLane(): HashLane | undefined {
    const next = (lane: HashLane) =>
      this.#waiting[lane].peek(owner => this.#hasThread(lane, owner));
    const ready = LANES.filter(lane => next(lane) !== undefined);
    const owner = next('trusted')?.owner;
    const isStrangersTurn =
      this.#sinceStranger.length >= STRANGERS_TURN - 1 ||
      (owner !== undefined && this.#sinceStranger.includes(owner));
    return isStrangersTurn ? ready.at(-1) : ready[0];
  }

  async #run({ job, owner, resolve, reject }: Waiting, lane: HashLane): Promise<void> {
    const running = { lane, owner };
    this.#running.push(running);
    try {
      this.#workers ??= this.#start();
      const workers = await this.#workers;
      resolve(await workers.run(job, { signal: AbortSignal.timeout(JOB_LIMIT_MS) }));
    } catch (cause) {
      const problem = retryLater('unavailable', 1);
      problem.cause = cause;
      reject(problem);
    } finally {
      this.#running.splice(this.#running.indexOf(running), 1);
      this.#dispatch();
    }
  }

  /** Piscina starts no thread in the place of one that dies at its start: its job would wait in vain. */
  #replaceIfStuck(workers: Piscina<HashJob, unknown>): void {
    if (workers.threads.length === 0 && workers.queueSize > 0) {
      this.#workers = undefined;
      void workers.destroy();
    }
  }

  /** Loads the library with the first job, since not every process hashes. */
  async #start(): Promise<Piscina<HashJob, unknown>> {
    const { Piscina } = await import('piscina');
    const workers = new Piscina<HashJob, unknown>({
      filename: new URL('./hash.worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: this.threads,
      idleTimeout: IDLE_MS,
    });
    // A thread that fails between jobs must not end the process; the next job starts another.
    workers.on('error', () => undefined);
    workers.on('workerDestroy', () => queueMicrotask(() => this.#replaceIfStuck(workers)));
    return workers;
  }
}
