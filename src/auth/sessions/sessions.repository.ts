import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Queryable, Transaction } from '../../database/database.types.js';
import { isStorable } from '../../http/text.js';
import type { Principal } from '../../http/principal.js';

/** `[generation, spent at]` of a refresh token that was exchanged. */
export type Spent = readonly [generation: number, at: number];

export interface SessionRow {
  id: string;
  userId: number;
  address: string;
  userAgent: string | null;
  createdAt: number;
  lastUsedAt: number;
  expiresAt: number;
  endsAt: number;
}

/** What a refresh needs to know. */
export interface RefreshState {
  id: string;
  generation: number;
  spent: readonly Spent[];
  endsAt: number;
  user: { id: number; publicId: string; name: string };
}

interface RawPrincipal {
  user_id: number;
  public_id: string;
  name: string;
  admin: unknown;
}

interface RawRefresh {
  id: string;
  generation: number;
  spent: string;
  ends_at: number;
  user_id: number;
  public_id: string;
  name: string;
}

/** A session counts while it has not ended and its user is neither disabled nor has had all tokens ended since. */
const LIVE = 's.ends_at > $2 AND s.created_at >= u.tokens_valid_from AND NOT u.disabled';

const FIND_PRINCIPAL = `
  SELECT u.id AS user_id, u.public_id, u.name, u.admin
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = $1 AND ${LIVE}`;

@Injectable()
export class SessionsRepository {
  constructor(private readonly database: Database) {}

  /** Who a live session stands for: one indexed statement, on every request. */
  async findPrincipal(id: string, now: number): Promise<Principal | undefined> {
    const row = await this.database.get<RawPrincipal>(FIND_PRINCIPAL, [id, now]);
    return (
      row && {
        userId: row.user_id,
        publicId: row.public_id,
        name: row.name,
        admin: Boolean(row.admin),
        sessionId: id,
      }
    );
  }

  async insert(tx: Transaction, session: SessionRow): Promise<void> {
    await tx.run(
      `INSERT INTO sessions (id, user_id, address, user_agent, created_at, last_used_at, expires_at, ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        session.id,
        session.userId,
        session.address,
        session.userAgent,
        session.createdAt,
        session.lastUsedAt,
        session.expiresAt,
        session.endsAt,
      ],
    );
  }

  async findForRefresh(
    tx: Transaction,
    id: string,
    now: number,
  ): Promise<RefreshState | undefined> {
    const lock = tx.dialect === 'postgres' ? ' FOR UPDATE OF s' : '';
    const row = await tx.get<RawRefresh>(
      `SELECT s.id, s.generation, s.spent, s.ends_at, u.id AS user_id, u.public_id, u.name
       FROM sessions s JOIN users u ON u.id = s.user_id
       WHERE s.id = $1 AND s.expires_at > $2 AND ${LIVE}${lock}`,
      [id, now],
    );
    return (
      row && {
        id: row.id,
        generation: row.generation,
        spent: JSON.parse(row.spent) as Spent[],
        endsAt: row.ends_at,
        user: { id: row.user_id, publicId: row.public_id, name: row.name },
      }
    );
  }

  /** Moves on to the next generation; false where another request has done so before. */
  async rotate(
    tx: Transaction,
    id: string,
    from: number,
    next: { spent: readonly Spent[]; usedAt: number; expiresAt: number },
  ): Promise<boolean> {
    const changed = await tx.run(
      `UPDATE sessions SET generation = generation + 1, spent = $3, last_used_at = $4, expires_at = $5
       WHERE id = $1 AND generation = $2`,
      [id, from, JSON.stringify(next.spent), next.usedAt, next.expiresAt],
    );
    return changed === 1;
  }

  async findLive(userId: number, now: number): Promise<SessionRow[]> {
    const rows = await this.database.all<RawSession>(
      `SELECT s.* FROM sessions s JOIN users u ON u.id = s.user_id
       WHERE s.user_id = $1 AND s.expires_at > $2 AND ${LIVE} ORDER BY s.created_at DESC, s.id`,
      [userId, now],
    );
    return rows.map(toSession);
  }

  /** Ends one session of a user; false where there is no such. */
  async delete(tx: Queryable, userId: number, id: string): Promise<boolean> {
    const sql = 'DELETE FROM sessions WHERE id = $1 AND user_id = $2';
    return isStorable(id) && (await tx.run(sql, [id, userId])) === 1;
  }

  /** Ends all sessions of a user but one, or all; returns how many. */
  async deleteOthers(tx: Transaction, userId: number, exceptId = ''): Promise<number> {
    return tx.run('DELETE FROM sessions WHERE user_id = $1 AND id <> $2', [userId, exceptId]);
  }

  async touch(uses: ReadonlyMap<string, number>): Promise<void> {
    await this.database.write(async tx => {
      for (const [id, at] of uses) {
        await tx.run('UPDATE sessions SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2', [
          id,
          at,
        ]);
      }
    });
  }

  /** Deletes sessions that have ended by themselves. */
  async deleteEnded(now: number): Promise<void> {
    await this.database.run('DELETE FROM sessions WHERE ends_at <= $1 OR expires_at <= $2', [
      now,
      now - 86_400_000,
    ]);
  }
}

interface RawSession {
  id: string;
  user_id: number;
  address: string;
  user_agent: string | null;
  created_at: number;
  last_used_at: number;
  expires_at: number;
  ends_at: number;
}

function toSession(row: RawSession): SessionRow {
  return {
    id: row.id,
    userId: row.user_id,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    endsAt: row.ends_at,
  };
}
