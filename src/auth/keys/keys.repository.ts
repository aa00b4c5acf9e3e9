import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import type { KeyPurpose, SigningKey } from './signing-key.entity.js';

const COLUMNS = `kid, purpose, algorithm, sealed, created_at AS "createdAt",
  retired_at AS "retiredAt", verify_until AS "verifyUntil"`;

/** The rows of `signing_keys`. Times are epoch milliseconds. */
@Injectable()
export class KeysRepository {
  constructor(private readonly database: Database) {}

  /** Every key that may still be used at the moment `now`, oldest first. */
  usable(now: number): Promise<SigningKey[]> {
    return this.database.all<SigningKey>(
      `SELECT ${COLUMNS} FROM signing_keys WHERE verify_until IS NULL OR verify_until > $1
        ORDER BY created_at, kid`,
      [now],
    );
  }

  /** A unit of work on the keys: all of it is stored, or nothing. */
  write<T>(work: (keys: KeysUnit) => Promise<T>): Promise<T> {
    return this.database.write(tx => work(new KeysUnit(tx)));
  }
}

/** Changes to the keys inside one transaction. */
export class KeysUnit {
  constructor(private readonly tx: Transaction) {}

  /** Stores a current key unless there is one of its purpose; false where another was first. */
  async addCurrent(key: Omit<SigningKey, 'retiredAt' | 'verifyUntil'>): Promise<boolean> {
    const row = await this.tx.get(
      `INSERT INTO signing_keys (kid, purpose, algorithm, sealed, created_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING kid`,
      [key.kid, key.purpose, key.algorithm, key.sealed, key.createdAt],
    );
    return row !== undefined;
  }

  /** The current key of a purpose, as committed by now also by others. */
  current(purpose: KeyPurpose): Promise<SigningKey | undefined> {
    return this.tx.get<SigningKey>(
      `SELECT ${COLUMNS} FROM signing_keys WHERE purpose = $1 AND retired_at IS NULL`,
      [purpose],
    );
  }

  /** Retires a current key; false where it is current no more. */
  async retire(kid: string, at: number, verifyUntil: number | null): Promise<boolean> {
    const changed = await this.tx.run(
      `UPDATE signing_keys SET retired_at = $2, verify_until = $3
        WHERE kid = $1 AND retired_at IS NULL`,
      [kid, at, verifyUntil],
    );
    return changed > 0;
  }

  all(): Promise<SigningKey[]> {
    return this.tx.all<SigningKey>(`SELECT ${COLUMNS} FROM signing_keys`);
  }

  async reseal(kid: string, sealed: string): Promise<void> {
    await this.tx.run('UPDATE signing_keys SET sealed = $2 WHERE kid = $1', [kid, sealed]);
  }

  /** Deletes the keys whose last token has ended; returns how many. */
  sweep(now: number): Promise<number> {
    return this.tx.run('DELETE FROM signing_keys WHERE verify_until <= $1', [now]);
  }
}
