import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Not } from 'typeorm';
import type { Repository } from 'typeorm';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import type { Principal } from '../../http/principal.js';
import { isStorable } from '../../http/text.js';
import { Session } from './session.entity.js';

/** `[generation, used at]` of a refresh token that was exchanged. */
export type Used = readonly [generation: number, at: number];

/** A session as a refresh needs it. */
export interface RefreshState {
  id: string;
  generation: number;
  used: readonly Used[];
  endsAt: number;
  user: { id: number; publicId: string };
}

type RefreshRow = Omit<RefreshState, 'used' | 'user'> & {
  used: string;
  userId: number;
  publicId: string;
};

/** A session is live until it ends, its user is disabled, or all the user's tokens are revoked. */
const LIVE = 's.ends_at > $2 AND s.created_at >= u.tokens_valid_from AND NOT u.disabled';

// Constants: a text that is put together for each request is hashed for each request.
const FIND_PRINCIPAL = `
  SELECT u.id AS "userId", u.public_id AS "publicId", u.name, u.admin, s.confirmed_at AS "confirmedAt"
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = $1 AND ${LIVE}`;

const FIND_FOR_REFRESH = `
  SELECT s.id, s.generation, s.spent AS used, s.ends_at AS "endsAt",
    u.id AS "userId", u.public_id AS "publicId"
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = $1 AND s.expires_at > $2 AND ${LIVE}`;

/** Up to 1,000 at once, so that a user who had more loses the rest with the next logins. */
const DELETE_OLDEST = `
  DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1
    ORDER BY created_at DESC LIMIT 1000 OFFSET $2)`;

/** SQL where the path is hot, locks, or one statement decides (ADR 7). */
@Injectable()
export class SessionsRepository {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** The user of a live session: one indexed statement, on every request. */
  async findPrincipal(id: string, now: number): Promise<Principal | undefined> {
    const row = await this.database.get<Omit<Principal, 'sessionId'>>(FIND_PRINCIPAL, [id, now]);
    if (row === undefined) {
      return undefined;
    }
    // Named one by one: V8 gives a spread of the driver's row no fast shape.
    const { userId, publicId, name, admin, confirmedAt } = row;
    return { userId, publicId, name, admin: Boolean(admin), sessionId: id, confirmedAt };
  }

  /** Stores a session, and deletes the user's oldest ones beyond MAX_SESSIONS_PER_USER. Call it while the user's row is locked. */
  async insert(session: Omit<Session, 'user' | 'generation' | 'used'>): Promise<void> {
    await this.database.run(DELETE_OLDEST, [session.userId, this.config.maxSessionsPerUser - 1]);
    await this.sessions.insert(session);
  }

  /** Records that the session saw its user's password; false if it has ended. */
  async confirm(id: string, at: number): Promise<boolean> {
    return (await this.sessions.update({ id }, { confirmedAt: at })).affected === 1;
  }

  /** The live session of a refresh token, locked until the caller's unit of work ends. */
  async findForRefresh(
    tx: Transaction,
    id: string,
    now: number,
  ): Promise<RefreshState | undefined> {
    const lock = tx.dialect === 'postgres' ? ' FOR UPDATE OF s' : '';
    const row = await tx.get<RefreshRow>(FIND_FOR_REFRESH + lock, [id, now]);
    if (row === undefined) {
      return undefined;
    }
    const { userId, publicId, used, ...state } = row;
    return { ...state, used: JSON.parse(used) as Used[], user: { id: userId, publicId } };
  }

  /** Moves a session that `findForRefresh` has locked on to its next generation. */
  async rotate(
    { id, generation }: RefreshState,
    next: { used: readonly Used[]; lastUsedAt: number; expiresAt: number },
  ): Promise<void> {
    const used = JSON.stringify(next.used);
    await this.sessions.update({ id }, { ...next, generation: generation + 1, used });
  }

  /** The user's live sessions, newest first. */
  findLive(userId: number, now: number): Promise<Session[]> {
    return this.sessions
      .createQueryBuilder('s')
      .innerJoin('s.user', 'u')
      .where('s.userId = :userId AND s.expiresAt > :now AND s.endsAt > :now', { userId, now })
      .andWhere('s.createdAt >= u.tokensValidFrom AND NOT u.disabled')
      .orderBy({ 's.createdAt': 'DESC', 's.id': 'ASC' })
      .limit(this.config.maxSessionsPerUser)
      .getMany();
  }

  /** Ends one session of a user; false if there is no such session. */
  async delete(userId: number, id: string): Promise<boolean> {
    return isStorable(id) && (await this.sessions.delete({ id, userId })).affected === 1;
  }

  /** Ends all sessions of a user but one, or all; returns how many. */
  async deleteOthers(userId: number, exceptId = ''): Promise<number> {
    return (await this.sessions.delete({ userId, id: Not(exceptId) })).affected ?? 0;
  }
}
