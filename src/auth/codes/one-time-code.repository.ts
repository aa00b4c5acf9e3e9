import type { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { CODE_LIFETIME_MS, CODE_MAX_TRIES } from '../throttle/limits.js';
import { newCode, readCode } from './one-time-code.js';
import type { CodeDigest } from './one-time-code.js';
import type { CodePurpose } from './one-time-code.entity.js';
import type { ThrottleClock } from '../throttle/throttle-clock.js';

/** A code as it is handed over, once. */
export interface HandedCode {
  readonly code: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What somebody gives for a new password: the code, and whose it would be (absent for an unknown name). */
export interface ResetAttempt {
  readonly userId?: number;
  readonly code: string;
}

/** A ticket that let a login in. */
export interface Ticket {
  readonly userId: number;
  readonly hash: string;
}

/** No user has this id: the same statements run for a name that does not exist. */
const NOBODY = 0;

/**
 * The codes of `one_time_codes`: one of each purpose a user. A wrong code costs a try of the one whose beginning it
 * has, so that nobody can void a code that they have never seen.
 */
export class OneTimeCodeRepository {
  readonly #replace: string;
  readonly #try: string;

  constructor(
    private readonly database: Database,
    private readonly clock: ThrottleClock,
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
        AND tries < ${CODE_MAX_TRIES}
      RETURNING hash`;
  }

  /** Makes a code in place of the user's older one. */
  async create(tx: Transaction, userId: number, purpose: CodePurpose): Promise<HandedCode> {
    const { code, digest } = newCode();
    const row = await tx.get<{ expiresAt: number }>(this.#replace, [
      userId,
      purpose,
      digest.locator,
      digest.hash,
      this.clock.value,
      CODE_LIFETIME_MS[purpose],
    ]);
    return { code, expiresAt: (row as { expiresAt: number }).expiresAt };
  }

  /** Takes one of the tries of a login ticket; undefined where it is not this user's, or has none left. */
  async tryTicket(userId: number | undefined, text: string): Promise<Ticket | undefined> {
    const digest = readCode(text);
    if (digest === undefined) {
      return undefined;
    }
    const right = await this.database.write(tx => this.#attempt(tx, userId, 'login', digest, 1));
    return right && userId !== undefined ? { userId, hash: digest.hash } : undefined;
  }

  /** Gives the try of a ticket back. */
  async refund(tx: Transaction, { userId, hash }: Ticket): Promise<void> {
    await tx.run(
      `UPDATE one_time_codes SET tries = tries - 1
        WHERE user_id = $1 AND purpose = 'login' AND hash = $2 AND tries > 0`,
      [userId, hash],
    );
  }

  /** The ticket has served. */
  async useTicket(tx: Transaction, { userId, hash }: Ticket): Promise<void> {
    await this.#remove(tx, userId, 'login', hash);
  }

  /** Whether the code is right, without using it up. */
  async checkReset({ userId, code }: ResetAttempt): Promise<boolean> {
    const digest = readCode(code);
    return (
      digest !== undefined &&
      (await this.database.write(tx => this.#attempt(tx, userId, 'reset', digest, 0)))
    );
  }

  /** Uses the code up, if it is right. */
  async redeemReset(tx: Transaction, { userId, code }: ResetAttempt): Promise<boolean> {
    const digest = readCode(code);
    return (
      digest !== undefined &&
      (await this.#attempt(tx, userId, 'reset', digest, 0)) &&
      (await this.#remove(tx, userId, 'reset', digest.hash))
    );
  }

  /** Voids the user's code for a new password. */
  async forgetReset(tx: Transaction, userId: number): Promise<void> {
    await tx.run(`DELETE FROM one_time_codes WHERE user_id = $1 AND purpose = 'reset'`, [userId]);
  }

  /** Whether the code is right; the right one costs `cost` tries, a wrong one that resembles it costs one. */
  async #attempt(
    tx: Transaction,
    userId: number | undefined,
    purpose: CodePurpose,
    { locator, hash }: CodeDigest,
    cost: 0 | 1,
  ): Promise<boolean> {
    const params = [userId ?? NOBODY, purpose, locator, hash, this.clock.value, cost];
    const row = await tx.get<{ hash: string }>(this.#try, params);
    return row?.hash === hash;
  }

  async #remove(
    tx: Transaction,
    userId: number | undefined,
    purpose: CodePurpose,
    hash: string,
  ): Promise<boolean> {
    const changed = await tx.run(
      'DELETE FROM one_time_codes WHERE user_id = $1 AND purpose = $2 AND hash = $3',
      [userId ?? NOBODY, purpose, hash],
    );
    return changed > 0;
  }
}
