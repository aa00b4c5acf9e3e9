import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThanOrEqual } from 'typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { DatabaseClock } from '../database-clock.js';
import type { Device } from './admission.js';
import { KnownNetwork } from './known-network.entity.js';
import {
  DEVICE_LIFETIME_MS,
  DEVICE_MAX_FAILURES,
  DEVICES_PER_USER,
  NETWORK_LIFETIME_MS,
} from './limits.js';
import { TrustedDevice } from './trusted-device.entity.js';

/** What sets a user apart from a stranger. SQL where the database's clock counts. */
@Injectable()
export class TrustRepository {
  constructor(
    @InjectRepository(TrustedDevice) private readonly devices: Repository<TrustedDevice>,
    @InjectRepository(KnownNetwork) private readonly networks: Repository<KnownNetwork>,
    private readonly database: Database,
    private readonly clock: DatabaseClock,
  ) {}

  /** The device of a token, if it is this user's and has not expired. */
  async findDevice(userId: number | undefined, token: string): Promise<Device | undefined> {
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

  /** Whether the user has logged in from there lately. Asks the database for an unknown user too: same time. */
  async isKnownNetwork(userId: number | undefined, network: string): Promise<boolean> {
    const row = await this.database.get(
      `SELECT 1 AS one FROM known_networks WHERE user_id = $1 AND network = $2
        AND last_login_at > ${this.clock.sql('$3')} - ${NETWORK_LIFETIME_MS}`,
      [userId ?? 0, network, this.clock.value],
    );
    return row !== undefined;
  }

  /** Adds a device; deletes the least recently used one beyond DEVICES_PER_USER. */
  async addDevice(tx: Transaction, userId: number): Promise<Device> {
    const token = randomBytes(32).toString('base64url');
    const hash = hashOf(token);
    const now = this.clock.sql('$3');
    await tx.run(
      `INSERT INTO trusted_devices (hash, user_id, created_at, last_used_at, failures)
        VALUES ($1, $2, ${now}, ${now}, 0)`,
      [hash, userId, this.clock.value],
    );
    await tx.run(
      `DELETE FROM trusted_devices WHERE user_id = $1 AND hash <> $2 AND hash NOT IN
        (SELECT hash FROM trusted_devices WHERE user_id = $1 AND hash <> $2
          ORDER BY last_used_at DESC, hash LIMIT ${DEVICES_PER_USER - 1})`,
      [userId, hash],
    );
    return { token, hash };
  }

  /** Notes a good login; false if the device was deleted. */
  async extendDevice(tx: Transaction, userId: number, hash: string): Promise<boolean> {
    const changed = await tx.run(
      `UPDATE trusted_devices SET last_used_at = ${this.clock.sql('$3')}
        WHERE hash = $1 AND user_id = $2`,
      [hash, userId, this.clock.value],
    );
    return changed > 0;
  }

  async resetDeviceFailures(hash: string): Promise<void> {
    await this.devices.update({ hash }, { failures: 0 });
  }

  /** Counts a failed login; deletes the device after DEVICE_MAX_FAILURES in a row. */
  async recordDeviceFailure(hash: string): Promise<void> {
    await this.database.write(async () => {
      await this.devices.increment({ hash }, 'failures', 1);
      await this.devices.delete({ hash, failures: MoreThanOrEqual(DEVICE_MAX_FAILURES) });
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

  async deleteAll(userId: number): Promise<void> {
    await this.devices.delete({ userId });
    await this.networks.delete({ userId });
  }
}

/** SHA-256, base64url: the token is long and random, so a fast hash is enough. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
