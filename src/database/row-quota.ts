import { METRICS } from '../metrics/metrics.js';
import { Problem } from '../problems/problem.js';

/** What an owner may add without another count, of what is left: a process counts rarely, and several share. */
const LEASE = { part: 1 / 16, ms: 60_000, owners: 10_000 } as const;

/** How many rows the owner has; `wanted` more must fit, or the number must be exact. */
type Count = (ownerId: number, wanted: number) => Promise<number>;

/** Bounds the rows of each owner. With several processes an owner may pass the limit by what they add in a minute. */
export class RowQuota {
  readonly #leases = new Map<number, { rows: number; until: number }>();

  /**
   * @param name the variable that sets the limit
   * @param limit 0 for none
   */
  constructor(
    private readonly name: string,
    private readonly limit: number,
    private readonly count: Count,
  ) {}

  /** Before one row is added. Throws `quota_exceeded`. */
  async take(ownerId: number): Promise<void> {
    const lease = this.#leases.get(ownerId);
    if (lease !== undefined && lease.rows > 0 && lease.until > Date.now()) {
      lease.rows -= 1;
      return;
    }
    const left = await this.left(ownerId, 1);
    this.refuseBeyond(left, 1);
    this.#leases.delete(ownerId);
    this.#leases.set(ownerId, {
      rows: Math.floor(left * LEASE.part),
      until: Date.now() + LEASE.ms,
    });
    if (this.#leases.size > LEASE.owners) {
      const [oldest] = this.#leases.keys();
      this.#leases.delete(oldest);
    }
  }

  /** How many rows fit; exact if `wanted` rows may not fit. */
  async left(ownerId: number, wanted: number): Promise<number> {
    return this.limit === 0 ? Infinity : this.limit - (await this.count(ownerId, wanted));
  }

  /** Throws `quota_exceeded` if more rows were added than were left. */
  refuseBeyond(left: number, added: number): void {
    if (added > left) {
      throw quotaExceeded(this.name, this.limit);
    }
  }
}

export function quotaExceeded(quota: string, limit: number): Problem {
  METRICS.quotasMet.inc({ quota });
  return new Problem('quota_exceeded', {
    detail: `the limit of ${quota} is ${limit}`,
    members: { quota, limit },
  });
}
