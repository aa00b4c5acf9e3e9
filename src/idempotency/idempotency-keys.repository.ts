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

/** How long an answer is kept (milliseconds). */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** A run that has not renewed its hold on a key for this long is dead. */
const HELD_MS = 15_000;

const WHERE = 'user_id = $1 AND route = $2 AND key = $3';

@Injectable()
export class IdempotencyKeysRepository {
  constructor(private readonly database: Database) {}

  /**
   * Takes the key for `holder` if it is free, has expired, or its holder has died; false otherwise. On PostgreSQL it
   * waits for another transaction that takes the key.
   */
  async take(on: Queryable, owner: KeyOwner, holder: string): Promise<boolean> {
    const now = Date.now();
    const row = await on.get(
      `INSERT INTO idempotency_keys AS k (user_id, route, key, holder, held_until, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (user_id, route, key) DO UPDATE
         SET holder = $4, held_until = $5, expires_at = $6,
             fingerprint = NULL, status = NULL, headers = NULL, body = NULL
         WHERE k.expires_at <= $7 OR (k.status IS NULL AND k.held_until <= $7)
       RETURNING holder`,
      [...idOf(owner), holder, now + HELD_MS, now + KEPT_MS, now],
    );
    return row !== undefined;
  }

  /** How many keys the user has, counted up to `most`. */
  async count(userId: number, most: number): Promise<number> {
    const sql = `SELECT count(*) AS n FROM
       (SELECT 1 FROM idempotency_keys WHERE user_id = $1 LIMIT $2) AS counted`;
    return (await this.database.get<{ n: number }>(sql, [userId, most]))!.n;
  }

  async find(on: Queryable, owner: KeyOwner): Promise<EarlierRequest | undefined> {
    const row = await on.get<RawKey>(
      `SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE ${WHERE}`,
      idOf(owner),
    );
    return row && toEarlierRequest(row);
  }

  /** Keeps the answer; false if another run has taken the key meanwhile. */
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

  async renew(owner: KeyOwner, holder: string): Promise<void> {
    await this.database.run(
      `UPDATE idempotency_keys SET held_until = $5 WHERE ${WHERE} AND holder = $4 AND status IS NULL`,
      [...idOf(owner), holder, Date.now() + HELD_MS],
    );
  }

  /** Frees the key, as if the request had never been made. */
  async release(owner: KeyOwner, holder: string): Promise<void> {
    await this.database.run(
      `DELETE FROM idempotency_keys WHERE ${WHERE} AND holder = $4 AND status IS NULL`,
      [...idOf(owner), holder],
    );
  }

  /** Deletes at most `limit` expired keys; returns how many. */
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
