import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Queryable } from '../database/database.types.js';

/** An answer in the bytes in which it is sent, now and later. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** A key is valid for one user's requests to one route. */
export interface KeyOwner {
  userId: number;
  route: string;
  key: string;
}

/** An earlier request with the same key. */
export interface EarlierRequest {
  /** Absent while it still runs. */
  answer?: Answer;
  fingerprint?: string;
}

interface RawKey {
  fingerprint: string | null;
  status: number | null;
  headers: string | null;
  body: string | null;
}

const WHERE = 'user_id = $1 AND route = $2 AND key = $3';

@Injectable()
export class IdempotencyKeysRepository {
  constructor(private readonly database: Database) {}

  /**
   * Takes the key for `holder`, also from one that has expired or whose holder has died. False where it is taken;
   * on PostgreSQL known only when the transaction that took it has ended.
   */
  async take(
    on: Queryable,
    owner: KeyOwner,
    holder: string,
    times: { now: number; heldUntil: number; expiresAt: number },
  ): Promise<boolean> {
    const row = await on.get(
      `INSERT INTO idempotency_keys AS k (user_id, route, key, holder, held_until, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (user_id, route, key) DO UPDATE
         SET holder = $4, held_until = $5, expires_at = $6,
             fingerprint = NULL, status = NULL, headers = NULL, body = NULL
         WHERE k.expires_at <= $7 OR (k.status IS NULL AND k.held_until <= $7)
       RETURNING holder`,
      [...idOf(owner), holder, times.heldUntil, times.expiresAt, times.now],
    );
    return row !== undefined;
  }

  async find(on: Queryable, owner: KeyOwner): Promise<EarlierRequest | undefined> {
    const row = await on.get<RawKey>(
      `SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE ${WHERE}`,
      idOf(owner),
    );
    return row && toEarlierRequest(row);
  }

  /** Keeps the answer; false where another has taken the key meanwhile. */
  async keep(
    on: Pick<Queryable, 'run'>,
    owner: KeyOwner,
    holder: string,
    fingerprint: string,
    { status, headers, body }: Answer,
  ): Promise<boolean> {
    const kept = await on.run(
      `UPDATE idempotency_keys SET fingerprint = $5, status = $6, headers = $7, body = $8
       WHERE ${WHERE} AND holder = $4 AND status IS NULL`,
      [...idOf(owner), holder, fingerprint, status, JSON.stringify(headers), body],
    );
    return kept === 1;
  }

  async renew(owner: KeyOwner, holder: string, heldUntil: number): Promise<void> {
    await this.database.run(
      `UPDATE idempotency_keys SET held_until = $5 WHERE ${WHERE} AND holder = $4 AND status IS NULL`,
      [...idOf(owner), holder, heldUntil],
    );
  }

  /** Gives the key back as if the request had never been made. */
  async release(owner: KeyOwner, holder: string): Promise<void> {
    await this.database.run(
      `DELETE FROM idempotency_keys WHERE ${WHERE} AND holder = $4 AND status IS NULL`,
      [...idOf(owner), holder],
    );
  }

  /** Deletes at most `limit` that have expired; returns how many those were. */
  deleteExpired(now: number, limit: number): Promise<number> {
    return this.database.run(
      `DELETE FROM idempotency_keys WHERE (user_id, route, key) IN
         (SELECT user_id, route, key FROM idempotency_keys WHERE expires_at <= $1 LIMIT $2)`,
      [now, limit],
    );
  }
}

function idOf({ userId, route, key }: KeyOwner): [number, string, string] {
  return [userId, route, key];
}

function toEarlierRequest({ fingerprint, status, headers, body }: RawKey): EarlierRequest {
  if (status === null || fingerprint === null || headers === null || body === null) {
    return {};
  }
  return { fingerprint, answer: { status, headers: JSON.parse(headers) as object as {}, body } };
}
