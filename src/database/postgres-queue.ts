import type { Pool } from 'pg';
import { retryLater } from '../problems/problem.js';

/** As long as requests may wait for a connection in an overload (milliseconds). */
const LONGEST_WAIT_MS = 100;
/** A burst may last this long; afterwards requests that would wait longer are refused. */
const BURST_MS = 500;
/** Up to this many for each connection may always wait. */
const SHORT_QUEUE = 2;
const REMEMBERED = 4_096;

/** Keeps the queue for the connections of a pool short: one that only grows makes all wait, and serves no more. */
export class PostgresQueue {
  /** When the last connections were lent, at `#lent` modulo its length. */
  readonly #times = new Float64Array(REMEMBERED);
  #lent = 0;
  #emptyAt = 0;
  /** Since when requests have waited too long. */
  #slowSince = Infinity;

  constructor(private readonly pool: Pool) {
    pool.on('acquire', () => {
      this.#times[this.#lent % REMEMBERED] = performance.now();
      this.#lent += 1;
    });
  }

  /** Throws `unavailable` in an overload that is longer than BURST_MS, until the queue is short again. */
  admit(): void {
    const { waitingCount, options } = this.pool;
    const now = performance.now();
    this.#emptyAt = waitingCount === 0 ? now : this.#emptyAt;
    if (waitingCount < SHORT_QUEUE * options.max) {
      this.#slowSince = Infinity;
      return;
    }
    const late = this.#wait(now) - LONGEST_WAIT_MS;
    if (late > 0) {
      this.#slowSince = Math.min(this.#slowSince, now - late);
      if (now - this.#slowSince > BURST_MS) {
        throw retryLater('unavailable', 1, 'the database has too many requests; try again');
      }
    } else if (now - this.#slowSince <= BURST_MS) {
      this.#slowSince = Infinity;
    }
  }

  /** A request waits as long as it took to lend as many connections as there are requests before it. */
  #wait(now: number): number {
    const before = Math.min(this.pool.waitingCount, this.#lent, REMEMBERED);
    const since = this.#times[(this.#lent - before) % REMEMBERED];
    return now - Math.max(since, this.#emptyAt);
  }
}
