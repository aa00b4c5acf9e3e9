import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan } from 'typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../../database/database.js';
import { DatabaseClock } from '../database-clock.js';
import { newCode, parseCode } from './one-time-code.js';
import type { CodeDigest } from './one-time-code.js';
import { OneTimeCode } from './one-time-code.entity.js';
import type { CodePurpose } from './one-time-code.entity.js';

const MINUTE = 60_000;
const LIFETIME_MS: Record<CodePurpose, number> = { login: 10 * MINUTE, reset: 60 * MINUTE };
const MAX_TRIES = 5;
/** No user has this id: an unknown name runs the same statements as a known one. */
const NO_USER_ID = 0;

/** A code in clear, as it is shown once. */
export interface IssuedCode {
  readonly code: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A login ticket that was right. */
export interface Ticket {
  readonly userId: number;
  readonly hash: string;
}

/**
 * The codes of `one_time_codes`: one per user and purpose. A wrong code costs a try only of the code that begins
 * alike, so that a guess cannot void an unseen code.
 */
@Injectable()
export class OneTimeCodesRepository {
  readonly #replace: string;
  readonly #try: string;

  constructor(
    @InjectRepository(OneTimeCode) private readonly codes: Repository<OneTimeCode>,
    private readonly database: Database,
    private readonly clock: DatabaseClock,
  ) {
    const now = clock.sql('$5');
    this.#replace = `INSERT INTO one_time_codes
        (user_id, purpose, locator, hash, tries, created_at, expires_at)
      VALUES ($1, $2, $3, $4, 0, ${now}, ${now} + CAST($6 AS bigint))
      ON CONFLICT (user_id, purpose) DO UPDATE SET locator = excluded.locator,
        hash = excluded.hash, tries = 0, created_at = excluded.created_at,
        expires_at = excluded.expires_at
      RETURNING expires_at AS "expiresAt"`;
    this.#try = `UPDATE one_time_codes
      SET tries = tries + CASE WHEN hash = $4 THEN CAST($6 AS bigint) ELSE 1 END
      WHERE user_id = $1 AND purpose = $2 AND locator = $3 AND expires_at > ${now}
        AND tries < ${MAX_TRIES}
      RETURNING hash`;
  }

  /** Creates a code; it replaces the user's older one of that purpose. */
  async create(userId: number, purpose: CodePurpose): Promise<IssuedCode> {
    const { code, digest } = newCode();
    const { locator, hash } = digest;
    const params = [userId, purpose, locator, hash, this.clock.value, LIFETIME_MS[purpose]];
    const [row] = await this.database.change<{ expiresAt: number }>(this.#replace, params);
    return { code, expiresAt: row.expiresAt };
  }

  /** Takes one try of a login ticket; undefined if it is wrong, expired or void. */
  async tryTicket(userId: number | undefined, text: string): Promise<Ticket | undefined> {
    const digest = await this.#check(userId, 'login', text, 1);
    return digest && userId !== undefined ? { userId, hash: digest.hash } : undefined;
  }

  /** Gives the try of a ticket back. */
  async refundTicket({ userId, hash }: Ticket): Promise<void> {
    const charged = { userId, purpose: 'login', hash, tries: MoreThan(0) } as const;
    await this.codes.decrement(charged, 'tries', 1);
  }

  /** Uses the ticket up; false if another login has done so. */
  redeemTicket({ userId, hash }: Ticket): Promise<boolean> {
    return this.#delete(userId, 'login', hash);
  }

  /** Whether the code is right, without using it up; call it before hashing. A wrong one costs a try. */
  async checkReset(userId: number | undefined, text: string): Promise<boolean> {
    return (await this.#check(userId, 'reset', text, 0)) !== undefined;
  }

  /** Uses the code up; false if it is wrong, expired, void or used. */
  async redeemReset(userId: number | undefined, text: string): Promise<boolean> {
    const digest = await this.#check(userId, 'reset', text, 0);
    return digest !== undefined && (await this.#delete(userId, 'reset', digest.hash));
  }

  /** Voids the user's code for a new password. */
  async voidReset(userId: number): Promise<void> {
    await this.codes.delete({ userId, purpose: 'reset' });
  }

  /** The digest of a right code, which costs `cost` tries; a wrong one that begins alike costs one. */
  async #check(
    userId: number | undefined,
    purpose: CodePurpose,
    text: string,
    cost: 0 | 1,
  ): Promise<CodeDigest | undefined> {
    const digest = parseCode(text);
    if (digest === undefined) {
      return undefined;
    }
    const { locator, hash } = digest;
    const params = [userId ?? NO_USER_ID, purpose, locator, hash, this.clock.value, cost];
    const [row] = await this.database.change<{ hash: string }>(this.#try, params);
    return row?.hash === hash ? digest : undefined;
  }

  async #delete(userId: number | undefined, purpose: CodePurpose, hash: string): Promise<boolean> {
    const id = userId ?? NO_USER_ID;
    return (await this.codes.delete({ userId: id, purpose, hash })).affected === 1;
  }
}
