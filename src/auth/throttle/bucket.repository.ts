import type { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { costOf, memoryOf, reachOf, waitOf } from './gcra.js';
import type { Bucket, Charge, Place } from './gcra.js';
import type { ThrottleClock } from './throttle-clock.js';

/** The places that were taken, or how long to wait until all that were asked for are free. */
export type Outcome = { readonly places: readonly Place[] } | { readonly waitMs: number };

const REFUND = `UPDATE auth_throttle
  SET tat = tat - $2, failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END WHERE k = $1`;
const FORGIVE = 'UPDATE auth_throttle SET failures = 0, expires_at = tat WHERE k = $1';

/** A bucket had no place left: undoes the unit of work, and with it the places in the other buckets. */
class BucketFull extends Error {}

/** The buckets of `auth_throttle`. A try counts as failed from the moment that it is let in. */
export class BucketRepository {
  readonly #reserve: string;

  constructor(
    private readonly database: Database,
    private readonly clock: ThrottleClock,
  ) {
    this.#reserve = reserveStatement(clock.sql('$7'));
  }

  /**
   * Takes a place in every bucket or in none. Buckets that several attempts share must always come in the same order,
   * so that two attempts cannot wait for each other.
   */
  async reserve(charges: readonly Charge[]): Promise<Outcome> {
    // A flood of attempts that have no chance shall not queue where everybody's writes do.
    const waitMs = await this.#wait(charges);
    if (waitMs > 0) {
      return { waitMs };
    }
    try {
      return { places: await this.database.write(tx => this.#takeAll(tx, charges)) };
    } catch (error) {
      if (error instanceof BucketFull) {
        return { waitMs: Math.max(1, await this.#wait(charges)) };
      }
      throw error;
    }
  }

  /** Gives places back, as if there had been no try. */
  async refund(tx: Transaction, places: readonly Place[]): Promise<void> {
    for (const { key, costMs } of places) {
      await tx.run(REFUND, [key, costMs]);
    }
  }

  /** Ends the row of failures. */
  async forgive(tx: Transaction, places: readonly Place[]): Promise<void> {
    for (const { key } of places) {
      await tx.run(FORGIVE, [key]);
    }
  }

  async #takeAll(tx: Transaction, charges: readonly Charge[]): Promise<Place[]> {
    const places: Place[] = [];
    for (const { key, limit } of charges) {
      const row = await tx.get<{ failures: number }>(this.#reserve, [
        key,
        limit.intervalMs,
        reachOf(limit),
        limit.slow?.afterFailures ?? Number.MAX_SAFE_INTEGER,
        limit.slow?.intervalMs ?? limit.intervalMs,
        memoryOf(limit),
        this.clock.value,
      ]);
      if (row === undefined) {
        throw new BucketFull();
      }
      places.push({ key, costMs: costOf(limit, row.failures - 1) });
    }
    return places;
  }

  async #wait(charges: readonly Charge[]): Promise<number> {
    const keys = charges.map((_, index) => `$${index + 2}`).join(', ');
    const rows = await this.database.all<Bucket & { k: string; now: number }>(
      `SELECT k, tat, failures, ${this.clock.sql('$1')} AS now FROM auth_throttle WHERE k IN (${keys})`,
      [this.clock.value, ...charges.map(({ key }) => key)],
    );
    const buckets = new Map(rows.map(row => [row.k, row]));
    const waits = charges.map(({ key, limit }) => {
      const bucket = buckets.get(key);
      return bucket === undefined ? 0 : waitOf(limit, bucket, bucket.now);
    });
    return Math.max(0, ...waits);
  }
}

/**
 * One statement decides and counts, so that no two attempts can get the same place.
 * $1 key, $2 interval, $3 reach, $4 failures until the slow interval $5, $6 memory of a failure, $7 the time.
 */
function reserveStatement(now: string): string {
  const [interval, reach, failures, slow, memory] = [2, 3, 4, 5, 6].map(
    place => `CAST($${place} AS bigint)`,
  );
  const cost = `CASE WHEN t.failures >= ${failures} THEN ${slow} ELSE ${interval} END`;
  const tat = `CASE WHEN t.tat > ${now} THEN t.tat ELSE ${now} END + ${cost}`;
  const remembered = `CASE WHEN t.failures < ${failures} THEN t.failures + 1 ELSE ${failures} END`;
  return `INSERT INTO auth_throttle AS t (k, tat, failures, expires_at)
    VALUES ($1, ${now} + ${interval}, 1, ${now} + ${interval} + ${memory})
    ON CONFLICT (k) DO UPDATE SET tat = ${tat}, failures = t.failures + 1,
      expires_at = ${tat} + ${memory} * ${remembered}
    WHERE ${tat} - ${now} <= ${reach}
    RETURNING failures`;
}
