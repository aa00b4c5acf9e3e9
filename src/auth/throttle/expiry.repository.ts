import type { Database } from '../../database/database.js';
import { DEVICE_LIFETIME_MS, NETWORK_LIFETIME_MS } from './limits.js';
import type { ThrottleClock } from './throttle-clock.js';

/** So few that no write waits long behind a batch. */
const BATCH_ROWS = 500;

/** What is past its time in each table. */
const EXPIRED = [
  { table: 'auth_throttle', key: 'k', column: 'expires_at', afterMs: 0 },
  { table: 'one_time_codes', key: 'user_id, purpose', column: 'expires_at', afterMs: 0 },
  { table: 'trusted_devices', key: 'hash', column: 'last_used_at', afterMs: DEVICE_LIFETIME_MS },
  {
    table: 'known_networks',
    key: 'user_id, network',
    column: 'last_login_at',
    afterMs: NETWORK_LIFETIME_MS,
  },
] as const;

/** Deletes the rows that mean nothing any more. */
export class ExpiryRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: ThrottleClock,
  ) {}

  /** In batches, each a unit of work of its own; returns how many rows went. */
  async sweep(): Promise<number> {
    let total = 0;
    for (const { table, key, column, afterMs } of EXPIRED) {
      const statement = `DELETE FROM ${table} WHERE (${key}) IN
        (SELECT ${key} FROM ${table} WHERE ${column} <= ${this.clock.sql('$1')} - ${afterMs}
          LIMIT ${BATCH_ROWS}${this.#skipLocked})`;
      let rows: number;
      do {
        rows = await this.database.run(statement, [this.clock.value]);
        total += rows;
      } while (rows >= BATCH_ROWS);
    }
    return total;
  }

  /** A row that an attempt or another replica's sweep is at can wait: nobody deadlocks over it. */
  get #skipLocked(): string {
    return this.database.dialect === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : '';
  }
}
