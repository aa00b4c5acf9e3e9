import type { Pool } from 'pg';
import { retryLater } from '../problems/problem.js';

/** Requests that would wait longer for a connection are refused (milliseconds). */
const LONGEST_WAIT_MS = 250;
/** Up to this many for each connection may always wait. */
const SHORT_QUEUE = 2;
const REMEMBERED = 4_096;

/** Keeps the queue for the connections of a pool short: one that only grows makes all wait, and serves no more. */
export class PostgresQueue {
  /** When the last connections were lent, at `#lent` modulo its length. */
  readonly #times = new Float64Array(REMEMBERED);
  #lent = 0;
  #emptyAt = 0;

  constructor(private readonly pool: Pool) {
    pool.on('acquire', () => {
      this.#times[this.#lent % REMEMBERED] = performance.now();
      this.#lent += 1;
    });
  }

  /** Throws `unavailable` if the queue has not been empty, and has moved too slowly, for LONGEST_WAIT_MS. */
  admit(): void {
    const { waitingCount, options } = this.pool;
    const now = performance.now();
    if (waitingCount === 0) {
      this.#emptyAt = now;
    } else if (waitingCount >= SHORT_QUEUE * options.max && this.#wait(now) > LONGEST_WAIT_MS) {
      throw retryLater('unavailable', 1, 'the database has too many requests; try again');
    }
  }

  /** A request waits as long as it took to lend as many connections as there are requests before it. */
  #wait(now: number): number {
    const before = Math.min(this.pool.waitingCount, this.#lent, REMEMBERED);
    const since = this.#times[(this.#lent - before) % REMEMBERED];
    return now - Math.max(since, this.#emptyAt);
  }
}
