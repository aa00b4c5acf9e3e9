import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import {
  DEVICE_LIFETIME_MS,
  DEVICE_MAX_FAILURES,
  DEVICES_PER_USER,
  NETWORK_LIFETIME_MS,
} from './limits.js';
import type { ThrottleClock } from './throttle-clock.js';

/** A device token that was shown, with what is kept of it. */
export interface Device {
  readonly token: string;
  readonly hash: string;
}

/** What makes an attempt more than a stranger's: `trusted_devices` and `known_networks`. */
export class TrustRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: ThrottleClock,
  ) {}

  /** The device of a token, if it is this user's and was used within its lifetime. */
  async deviceOf(userId: number | undefined, token: string): Promise<Device | undefined> {
    if (!/^[\w-]{43}$/.test(token)) {
      return undefined;
    }
    const hash = hashOf(token);
    const row = await this.database.get<{ userId: number }>(
      `SELECT user_id AS "userId" FROM trusted_devices
        WHERE hash = $1 AND last_used_at > ${this.clock.sql('$2')} - ${DEVICE_LIFETIME_MS}`,
      [hash, this.clock.value],
    );
    return row !== undefined && row.userId === userId ? { token, hash } : undefined;
  }

  /** Whether the user has logged in from there lately. Asks the database for an unknown user too: it takes as long. */
  async isKnown(userId: number | undefined, network: string): Promise<boolean> {
    const row = await this.database.get(
      `SELECT 1 AS one FROM known_networks WHERE user_id = $1 AND network = $2
        AND last_login_at > ${this.clock.sql('$3')} - ${NETWORK_LIFETIME_MS}`,
      [userId ?? 0, network, this.clock.value],
    );
    return row !== undefined;
  }

  /** Makes a device of the user; the one that was not used for longest goes where there are too many. */
  async addDevice(tx: Transaction, userId: number): Promise<Device> {
    const token = randomBytes(32).toString('base64url');
    const device = { token, hash: hashOf(token) };
    const now = this.clock.sql('$3');
    await tx.run(
      `INSERT INTO trusted_devices (hash, user_id, created_at, last_used_at, failures)
        VALUES ($1, $2, ${now}, ${now}, 0)`,
      [device.hash, userId, this.clock.value],
    );
    await tx.run(
      `DELETE FROM trusted_devices WHERE user_id = $1 AND hash <> $2 AND hash NOT IN
        (SELECT hash FROM trusted_devices WHERE user_id = $1 AND hash <> $2
          ORDER BY last_used_at DESC, hash LIMIT ${DEVICES_PER_USER - 1})`,
      [userId, device.hash],
    );
    return device;
  }

  /** Notes a good login; false where the device is there no more. */
  async extendDevice(tx: Transaction, userId: number, hash: string): Promise<boolean> {
    const changed = await tx.run(
      `UPDATE trusted_devices SET last_used_at = ${this.clock.sql('$3')}
        WHERE hash = $1 AND user_id = $2`,
      [hash, userId, this.clock.value],
    );
    return changed > 0;
  }

  /** Ends the device's row of failures. */
  async forgiveDevice(tx: Transaction, hash: string): Promise<void> {
    await tx.run('UPDATE trusted_devices SET failures = 0 WHERE hash = $1', [hash]);
  }

  /** Notes a failed login; after too many in a row the device is forgotten. */
  async blameDevice(hash: string): Promise<void> {
    await this.database.write(async tx => {
      await tx.run('UPDATE trusted_devices SET failures = failures + 1 WHERE hash = $1', [hash]);
      await tx.run(
        `DELETE FROM trusted_devices WHERE hash = $1 AND failures >= ${DEVICE_MAX_FAILURES}`,
        [hash],
      );
    });
  }

  async addNetwork(tx: Transaction, userId: number, network: string): Promise<void> {
    await tx.run(
      `INSERT INTO known_networks (user_id, network, last_login_at)
        VALUES ($1, $2, ${this.clock.sql('$3')})
        ON CONFLICT (user_id, network) DO UPDATE SET last_login_at = excluded.last_login_at`,
      [userId, network, this.clock.value],
    );
  }

  async forget(tx: Transaction, userId: number): Promise<void> {
    await tx.run('DELETE FROM trusted_devices WHERE user_id = $1', [userId]);
    await tx.run('DELETE FROM known_networks WHERE user_id = $1', [userId]);
  }
}

/** SHA-256, base64url: a token is random and long, so that a fast hash does. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
