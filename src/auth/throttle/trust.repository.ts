import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThanOrEqual } from 'typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { DatabaseClock } from '../database-clock.js';
import type { Device, Place } from './admission.js';
import { KnownNetwork } from './known-network.entity.js';
import {
  DEVICE_LIFETIME_MS,
  DEVICE_MAX_FAILURES,
  DEVICES_PER_USER,
  NETWORKS_PER_USER,
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

  /** From which of these the user has logged in lately. Asks the database for an unknown user too: same time. */
  async findKnown(userId: number | undefined, { host, network }: Place): Promise<Set<string>> {
    const rows = await this.database.all<{ network: string }>(
      `SELECT network FROM known_networks WHERE user_id = $1 AND network IN ($2, $3)
        AND last_login_at > ${this.clock.sql('$4')} - ${NETWORK_LIFETIME_MS}`,
      [userId ?? 0, host, network, this.clock.value],
    );
    return new Set(rows.map(row => row.network));
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

  /** Remembers an address and its network; deletes those without a login for longest beyond NETWORKS_PER_USER. */
  async addPlace(tx: Transaction, userId: number, { host, network }: Place): Promise<void> {
    const now = this.clock.sql('$4');
    await tx.run(
      `INSERT INTO known_networks (user_id, network, last_login_at)
        VALUES ($1, $2, ${now}), ($1, $3, ${now})
        ON CONFLICT (user_id, network) DO UPDATE SET last_login_at = excluded.last_login_at`,
      [userId, host, network, this.clock.value],
    );
    await tx.run(
      `DELETE FROM known_networks WHERE user_id = $1 AND network NOT IN
        (SELECT network FROM known_networks WHERE user_id = $1
          ORDER BY last_login_at DESC, network LIMIT ${NETWORKS_PER_USER})`,
      [userId],
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
