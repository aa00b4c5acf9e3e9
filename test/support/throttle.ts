import { Database } from '../../src/database/database.js';
import type { Schema } from '../../src/database/data-source.js';
import type { Dialect, Param } from '../../src/database/database.types.js';
import { Users1700000000100 } from '../../src/database/migrations/1700000000100-users.js';
import { Sessions1700000000250 } from '../../src/database/migrations/1700000000250-sessions.js';
import { Throttle1700000000300 } from '../../src/database/migrations/1700000000300-throttle.js';
import type { KeyRing } from '../../src/auth/keys/key-ring.js';
import { ThrottleBucket } from '../../src/auth/throttle/bucket.entity.js';
import { KnownNetwork } from '../../src/auth/throttle/known-network.entity.js';
import { OneTimeCode } from '../../src/auth/codes/one-time-code.entity.js';
import { OneTimeCodesRepository } from '../../src/auth/codes/one-time-codes.repository.js';
import { DatabaseClock } from '../../src/auth/database-clock.js';
import { BucketsRepository } from '../../src/auth/throttle/buckets.repository.js';
import { ExpiredRowsRepository } from '../../src/auth/throttle/expired-rows.repository.js';
import { ThrottleService } from '../../src/auth/throttle/throttle.service.js';
import { TrustRepository } from '../../src/auth/throttle/trust.repository.js';
import { TrustedDevice } from '../../src/auth/throttle/trusted-device.entity.js';
import { User } from '../../src/users/user.entity.js';
import { freshDatabase } from './fresh-database.js';
import type { FreshDatabase } from './fresh-database.js';

export const throttleSchema: Schema = {
  entities: [User, ThrottleBucket, TrustedDevice, KnownNetwork, OneTimeCode],
  migrations: [Users1700000000100, Sessions1700000000250, Throttle1700000000300],
};

const KEYS = { serverKey: () => Promise.resolve(Buffer.alloc(32, 7)) } as unknown as KeyRing;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A clock that a test sets. */
class TestClock extends DatabaseClock {
  constructor(
    database: Database,
    private readonly now: () => number,
  ) {
    super(database);
  }

  override get value(): number {
    return this.now();
  }
}

const codesOf = (database: Database, clock: DatabaseClock): OneTimeCodesRepository =>
  new OneTimeCodesRepository(database.dataSource.getRepository(OneTimeCode), database, clock);

/** A throttle with its own database; its time stands still until a test moves it. */
export class ThrottleBench {
  now = Date.UTC(2030, 0, 1);
  readonly throttle: ThrottleService;
  readonly codes: OneTimeCodesRepository;

  private constructor(
    readonly fresh: FreshDatabase,
    readonly database: Database,
  ) {
    const now = (): number => this.now;
    this.throttle = this.service(this.database, now);
    this.codes = codesOf(database, new TestClock(database, now));
  }

  static async open(dialect: Dialect): Promise<ThrottleBench> {
    const fresh = await freshDatabase(dialect);
    return new ThrottleBench(fresh, await Database.open(fresh, undefined, throttleSchema));
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.fresh.remove();
  }

  /** Another connection to the same database, as another process has it. */
  connect(): Promise<Database> {
    return Database.open(this.fresh, undefined, throttleSchema);
  }

  service(database: Database, now?: () => number): ThrottleService {
    const clock = now ? new TestClock(database, now) : new DatabaseClock(database);
    return new ThrottleService(
      database,
      KEYS,
      new BucketsRepository(database, clock),
      new TrustRepository(
        database.dataSource.getRepository(TrustedDevice),
        database.dataSource.getRepository(KnownNetwork),
        database,
        clock,
      ),
      codesOf(database, clock),
    );
  }

  /** Deletes what has expired by now. */
  sweep(database = this.database): Promise<number> {
    return new ExpiredRowsRepository(database, new TestClock(database, () => this.now)).sweep();
  }

  async addUser(nameKey: string): Promise<{ id: number }> {
    return this.database.write(async tx => {
      const row = await tx.get<{ id: number }>(
        `INSERT INTO users
          (public_id, name, name_key, password_hash, tokens_valid_from, created_at, updated_at)
          VALUES ($1, $1, $1, 'none', 0, 0, 0) RETURNING id`,
        [nameKey],
      );
      return row as { id: number };
    });
  }

  async count(table: string, where = '1 = 1', params: readonly Param[] = []): Promise<number> {
    const row = await this.database.get<{ rows: number }>(
      `SELECT count(*) AS rows FROM ${table} WHERE ${where}`,
      params,
    );
    return Number(row?.rows);
  }
}
