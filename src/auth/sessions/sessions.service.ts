import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { SecurityAction } from '../../audit/security-events.js';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { rfc3339 } from '../../http/time.js';
import { sessionNotFound, tokenInvalid } from '../auth.errors.js';
import { LastUse } from '../last-use.js';
import type { SessionListResponse } from './sessions.dto.js';
import { SessionsRepository } from './sessions.repository.js';
import type { OpenSession } from './token-pairs.js';

/** Begins, lists and ends sessions. */
@Injectable()
export class SessionsService implements OnApplicationShutdown {
  readonly #lastUse: LastUse;

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
    @InjectConfig() private readonly config: Config,
  ) {
    this.#lastUse = new LastUse(database, 'sessions');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#lastUse.close().catch(() => undefined);
  }

  /** The user of a live session, on every request; undefined once it has ended. */
  async principal(sessionId: string): Promise<Principal | undefined> {
    const now = Date.now();
    const principal = await this.sessions.findPrincipal(sessionId, now);
    if (principal !== undefined) {
      this.#lastUse.record(sessionId, now);
    }
    return principal;
  }

  /** Begins a session in the caller's unit of work, after the user's password was checked. */
  async begin(user: { id: number; publicId: string }, origin: Origin): Promise<OpenSession> {
    const now = Date.now();
    const endsAt = now + this.config.sessionMaxAge;
    const expiresAt = Math.min(now + this.config.refreshTokenTtl, endsAt);
    const id = randomBytes(16).toString('base64url');
    await this.sessions.insert({
      id,
      userId: user.id,
      address: origin.address,
      userAgent: origin.userAgent ?? null,
      createdAt: now,
      lastUsedAt: now,
      confirmedAt: now,
      expiresAt,
      endsAt,
    });
    return { id, generation: 0, user, refreshTtl: expiresAt - now };
  }

  /** The caller's live sessions, newest first. */
  async list(caller: Principal): Promise<SessionListResponse> {
    const rows = await this.sessions.findLive(caller.userId, Date.now());
    return {
      sessions: rows.map(row => ({
        id: row.id,
        address: row.address,
        user_agent: row.userAgent,
        created_at: rfc3339(row.createdAt),
        last_used_at: rfc3339(row.lastUsedAt),
        expires_at: rfc3339(row.expiresAt),
        current: row.id === caller.sessionId,
      })),
    };
  }

  /** Makes the caller's session fresh. Throws `token_invalid` if it has ended. */
  async confirm({ sessionId = '' }: Principal): Promise<void> {
    if (!(await this.sessions.confirm(sessionId, Date.now()))) {
      throw tokenInvalid();
    }
  }

  /** Ends all sessions of a user. */
  async endAll(userId: number): Promise<void> {
    await this.sessions.deleteOthers(userId);
  }

  /** Ends the caller's current session. */
  async logout(caller: Principal, origin: Origin): Promise<void> {
    await this.#end(caller, caller.sessionId ?? '', 'session.logged_out', origin);
  }

  /** Ends one of the caller's sessions. Throws `session_not_found`. */
  async end(caller: Principal, id: string, origin: Origin): Promise<void> {
    if (!(await this.#end(caller, id, 'session.ended', origin))) {
      throw sessionNotFound();
    }
  }

  /** Ends all of the caller's sessions but the current one. */
  async endOthers(caller: Principal, origin: Origin): Promise<void> {
    await this.database.write(async () => {
      const ended = await this.sessions.deleteOthers(caller.userId, caller.sessionId);
      await this.audit.record({
        action: 'session.others_ended',
        actor: caller.publicId,
        subject: caller.publicId,
        origin,
        detail: { ended },
      });
    });
  }

  #end(caller: Principal, id: string, action: SecurityAction, origin: Origin): Promise<boolean> {
    return this.database.write(async () => {
      const ended = await this.sessions.delete(caller.userId, id);
      if (ended) {
        await this.audit.record({
          action,
          actor: caller.publicId,
          subject: caller.publicId,
          origin,
        });
      }
      return ended;
    });
  }
}
