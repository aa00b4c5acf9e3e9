import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { DatabaseClock } from '../database-clock.js';
import type { Charge, Charged } from './admission.js';
import { costOf, failureMemoryOf, waitOf, windowOf } from './limits.js';
import type { Bucket } from './limits.js';

/** The buckets that were charged, or how long to wait until all of them admit a try. */
export type Outcome = { readonly charged: readonly Charged[] } | { readonly waitMs: number };

const REFUND = `UPDATE auth_throttle
  SET tat = tat - $2, failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END WHERE k = $1`;
const RESET_FAILURES = 'UPDATE auth_throttle SET failures = 0, expires_at = tat WHERE k = $1';

/** Rolls the unit of work back, and with it the charges to the other buckets. */
class BucketFull extends Error {}

/** The buckets of `auth_throttle`. A try counts as failed from the moment that it is admitted. */
@Injectable()
export class BucketsRepository {
  readonly #charge: string;

  constructor(
    private readonly database: Database,
    private readonly clock: DatabaseClock,
  ) {
    this.#charge = chargeStatement(clock.sql('$7'));
  }

  /** Charges every bucket or none. Pass buckets that attempts share in one order, or they deadlock. */
  async charge(charges: readonly Charge[]): Promise<Outcome> {
    // A read first, so that a flood of hopeless attempts does not queue with the writes.
    const waitMs = await this.wait(charges);
    if (waitMs > 0) {
      return { waitMs };
    }
    try {
      return { charged: await this.database.write(tx => this.#chargeAll(tx, charges)) };
    } catch (error) {
      if (error instanceof BucketFull) {
        return { waitMs: Math.max(1, await this.wait(charges)) };
      }
      throw error;
    }
  }

  /** Takes the charges back, as if there had been no try. */
  async refund(tx: Transaction, charged: readonly Charged[]): Promise<void> {
    for (const { key, costMs } of charged) {
      await tx.run(REFUND, [key, costMs]);
    }
  }

  async resetFailures(tx: Transaction, charged: readonly Charged[]): Promise<void> {
    for (const { key } of charged) {
      await tx.run(RESET_FAILURES, [key]);
    }
  }

  async #chargeAll(tx: Transaction, charges: readonly Charge[]): Promise<Charged[]> {
    const charged: Charged[] = [];
    for (const charge of charges) {
      const taken = await this.take(tx, charge);
      if (taken === undefined) {
        throw new BucketFull();
      }
      charged.push(taken);
    }
    return charged;
  }

  /** Takes a try in the caller's unit of work; undefined if there is none. */
  async take(tx: Transaction, { key, limit }: Charge): Promise<Charged | undefined> {
    const row = await tx.get<{ failures: number }>(this.#charge, [
      key,
      limit.intervalMs,
      windowOf(limit),
      limit.slow?.afterFailures ?? Number.MAX_SAFE_INTEGER,
      limit.slow?.intervalMs ?? limit.intervalMs,
      failureMemoryOf(limit),
      this.clock.value,
    ]);
    return row && { key, costMs: costOf(limit, row.failures - 1) };
  }

  /** Milliseconds until all of them admit a try; 0 if they do now. */
  async wait(charges: readonly Charge[]): Promise<number> {
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
 * One statement decides and counts, so that two attempts cannot take the same try.
 * $1 key, $2 interval, $3 window, $4 failures until the slow interval $5, $6 memory of a failure, $7 the time.
 */
function chargeStatement(now: string): string {
  const [interval, window, failures, slow, memory] = [2, 3, 4, 5, 6].map(
    place => `CAST($${place} AS bigint)`,
  );
  const cost = `CASE WHEN t.failures >= ${failures} THEN ${slow} ELSE ${interval} END`;
  const tat = `CASE WHEN t.tat > ${now} THEN t.tat ELSE ${now} END + ${cost}`;
  const remembered = `CASE WHEN t.failures < ${failures} THEN t.failures + 1 ELSE ${failures} END`;
  return `INSERT INTO auth_throttle AS t (k, tat, failures, expires_at)
    VALUES ($1, ${now} + ${interval}, 1, ${now} + ${interval} + ${memory})
    ON CONFLICT (k) DO UPDATE SET tat = ${tat}, failures = t.failures + 1,
      expires_at = ${tat} + ${memory} * ${remembered}
    WHERE ${tat} - ${now} <= ${window}
    RETURNING failures`;
}
