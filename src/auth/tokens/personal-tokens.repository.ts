import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { isStorable } from '../../http/text.js';
import type { Principal, Scope } from '../../http/principal.js';

export interface PersonalTokenRow {
  id: string;
  name: string;
  scopes: Scope[];
  createdAt: number;
  lastUsedAt: number | null;
  expiresAt: number | null;
}

interface RawToken {
  id: string;
  name: string;
  scopes: string;
  created_at: number;
  last_used_at: number | null;
  expires_at: number | null;
}

interface RawBearer {
  token_id: string;
  scopes: string;
  user_id: number;
  public_id: string;
  name: string;
  admin: unknown;
}

const LIVE = '(t.expires_at IS NULL OR t.expires_at > $2) AND t.created_at >= u.tokens_valid_from';

@Injectable()
export class PersonalTokensRepository {
  constructor(private readonly database: Database) {}

  /** Whom a token stands for: one indexed statement. */
  async findPrincipal(
    hash: string,
    now: number,
  ): Promise<{ tokenId: string; principal: Principal } | undefined> {
    const row = await this.database.get<RawBearer>(
      `SELECT t.id AS token_id, t.scopes, u.id AS user_id, u.public_id, u.name, u.admin
       FROM personal_tokens t JOIN users u ON u.id = t.user_id
       WHERE t.hash = $1 AND ${LIVE} AND NOT u.disabled`,
      [hash, now],
    );
    return (
      row && {
        tokenId: row.token_id,
        principal: {
          userId: row.user_id,
          publicId: row.public_id,
          name: row.name,
          admin: Boolean(row.admin),
          scopes: toScopes(row.scopes),
        },
      }
    );
  }

  /** Stores a token; false where the user has as many as there may be. */
  async insert(
    tx: Transaction,
    userId: number,
    token: PersonalTokenRow & { hash: string },
    limit: number,
  ): Promise<boolean> {
    if (tx.dialect === 'postgres') {
      // Two requests at once must not both count one token too few.
      await tx.get('SELECT id FROM users WHERE id = $1 FOR UPDATE', [userId]);
    }
    const stored = await tx.run(
      `INSERT INTO personal_tokens (id, user_id, hash, name, scopes, created_at, expires_at)
       SELECT $1, $2, $3, $4, $5, $6, $7
       WHERE (SELECT count(*) FROM personal_tokens WHERE user_id = $2) < $8`,
      [
        token.id,
        userId,
        token.hash,
        token.name,
        token.scopes.join(' '),
        token.createdAt,
        token.expiresAt,
        limit,
      ],
    );
    return stored === 1;
  }

  async findLive(userId: number, now: number): Promise<PersonalTokenRow[]> {
    const rows = await this.database.all<RawToken>(
      `SELECT t.id, t.name, t.scopes, t.created_at, t.last_used_at, t.expires_at
       FROM personal_tokens t JOIN users u ON u.id = t.user_id
       WHERE t.user_id = $1 AND ${LIVE} ORDER BY t.created_at DESC, t.id`,
      [userId, now],
    );
    return rows.map(row => ({
      id: row.id,
      name: row.name,
      scopes: toScopes(row.scopes),
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
    }));
  }

  async delete(tx: Transaction, userId: number, id: string): Promise<boolean> {
    const sql = 'DELETE FROM personal_tokens WHERE id = $1 AND user_id = $2';
    return isStorable(id) && (await tx.run(sql, [id, userId])) === 1;
  }

  async touch(uses: ReadonlyMap<string, number>): Promise<void> {
    await this.database.write(async tx => {
      for (const [id, at] of uses) {
        await tx.run('UPDATE personal_tokens SET last_used_at = $2 WHERE id = $1', [id, at]);
      }
    });
  }

  async deleteExpired(now: number): Promise<void> {
    await this.database.run('DELETE FROM personal_tokens WHERE expires_at <= $1', [now]);
  }
}

function toScopes(text: string): Scope[] {
  return text.split(' ') as Scope[];
}
