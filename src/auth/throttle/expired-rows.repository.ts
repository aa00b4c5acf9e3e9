import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { DatabaseClock } from '../database-clock.js';
import { DEVICE_LIFETIME_MS, NETWORK_LIFETIME_MS } from './limits.js';

/** Small, so that other writes wait only briefly. */
const BATCH_ROWS = 500;

const TABLES = [
  { table: 'auth_throttle', key: 'k', column: 'expires_at', afterMs: 0 },
  { table: 'one_time_codes', key: 'user_id, purpose', column: 'expires_at', afterMs: 0 },
  { table: 'sessions', key: 'id', column: 'expires_at', afterMs: 86_400_000 },
  { table: 'trusted_devices', key: 'hash', column: 'last_used_at', afterMs: DEVICE_LIFETIME_MS },
  {
    table: 'known_networks',
    key: 'user_id, network',
    column: 'last_login_at',
    afterMs: NETWORK_LIFETIME_MS,
  },
] as const;

/** Deletes expired rows. */
@Injectable()
export class ExpiredRowsRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: DatabaseClock,
  ) {}

  /** Deletes in batches, each its own unit of work; returns the number of rows. Safe on all replicas at once. */
  async sweep(): Promise<number> {
    // Skips rows that an attempt or another replica's sweep has locked, so that they cannot deadlock.
    const lock = this.database.dialect === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : '';
    let total = 0;
    for (const { table, key, column, afterMs } of TABLES) {
      const statement = `DELETE FROM ${table} WHERE (${key}) IN
        (SELECT ${key} FROM ${table} WHERE ${column} <= ${this.clock.sql('$1')} - ${afterMs}
          LIMIT ${BATCH_ROWS}${lock})`;
      let rows: number;
      do {
        rows = await this.database.run(statement, [this.clock.value]);
        total += rows;
      } while (rows >= BATCH_ROWS);
    }
    return total;
  }
}
