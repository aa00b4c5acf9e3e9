import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThanOrEqual, MoreThan } from 'typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../../database/database.js';
import { SigningKey } from './signing-key.entity.js';
import type { KeyPurpose } from './signing-key.entity.js';

/** The rows of `signing_keys`. Times are epoch milliseconds. Writes need a unit of work: see `write`. */
@Injectable()
export class KeysRepository {
  constructor(
    @InjectRepository(SigningKey) private readonly keys: Repository<SigningKey>,
    private readonly database: Database,
  ) {}

  /** Stores all changes of `work`, or none. */
  write<T>(work: () => Promise<T>): Promise<T> {
    return this.database.write(work);
  }

  /** The keys that may still be used at this moment, oldest first. */
  findUsable(now: number): Promise<SigningKey[]> {
    return this.keys.find({
      where: [{ verifyUntil: IsNull() }, { verifyUntil: MoreThan(now) }],
      order: { createdAt: 'ASC', kid: 'ASC' },
    });
  }

  findAll(): Promise<SigningKey[]> {
    return this.keys.find();
  }

  findCurrent(purpose: KeyPurpose): Promise<SigningKey | null> {
    return this.keys.findOneBy({ purpose, retiredAt: IsNull() });
  }

  /** Stores a current key, unless its purpose has one: the unique index decides. */
  async addCurrent(key: Omit<SigningKey, 'retiredAt' | 'verifyUntil'>): Promise<void> {
    await this.database.run(
      `INSERT INTO signing_keys (kid, purpose, algorithm, sealed, created_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
      [key.kid, key.purpose, key.algorithm, key.sealed, key.createdAt],
    );
  }

  /** Retires a current key; false if another process has retired it. */
  async retire(kid: string, retiredAt: number, verifyUntil: number | null): Promise<boolean> {
    const current = { kid, retiredAt: IsNull() };
    return (await this.keys.update(current, { retiredAt, verifyUntil })).affected === 1;
  }

  async reseal(kid: string, sealed: string): Promise<void> {
    await this.keys.update({ kid }, { sealed });
  }

  /** Deletes the keys whose last token has expired; returns how many. */
  async deleteExpired(now: number): Promise<number> {
    return (await this.keys.delete({ verifyUntil: LessThanOrEqual(now) })).affected ?? 0;
  }
}
