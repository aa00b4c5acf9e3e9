import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import type { Origin } from '../../http/origin.js';
import { refreshRefused } from '../auth.errors.js';
import { KeyRing } from '../keys/key-ring.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import { verifyRefreshToken } from './refresh-token.js';
import { SessionsRepository } from './sessions.repository.js';
import type { RefreshState } from './sessions.repository.js';
import type { OpenSession } from './token-pairs.js';

/** How long a used token still yields its successor, for a lost answer or two tabs (milliseconds). */
export const REUSE_GRACE_MS = 30_000;

type Outcome = { session: OpenSession } | { reuse: RefreshState } | 'unknown';

/**
 * Exchanges refresh tokens, each once (RFC 9700, 4.14). A token that is reused within the grace period yields the same
 * successor; later reuse means theft and ends the session.
 */
@Injectable()
export class RefreshService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly keys: KeyRing,
    private readonly throttle: ThrottleService,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** The session in its next generation. Throws `refresh_refused`, `too_many_requests`. */
  async exchange(token: string, origin: Origin): Promise<OpenSession> {
    const presented = await this.keys.findByServerKey(key => verifyRefreshToken(key, token));
    if (presented === undefined) {
      throw refreshRefused();
    }
    await this.throttle.admit('refresh', presented.sessionId);
    const outcome = await this.database.write(async tx => {
      const found = await this.#exchange(tx, presented.sessionId, presented.generation);
      if (found !== 'unknown' && 'reuse' in found) {
        await this.#revoke(found.reuse, origin);
      }
      return found;
    });
    if (outcome === 'unknown' || 'reuse' in outcome) {
      throw refreshRefused();
    }
    return outcome.session;
  }

  async #exchange(tx: Transaction, id: string, generation: number): Promise<Outcome> {
    const now = Date.now();
    const state = await this.sessions.findForRefresh(tx, id, now);
    if (state === undefined || generation > state.generation) {
      return 'unknown';
    }
    const used = state.used.filter(([, at]) => at > now - REUSE_GRACE_MS);
    if (generation < state.generation) {
      const withinGrace = used.some(([each]) => each === generation);
      return withinGrace ? { session: this.#opened(state, generation + 1, now) } : { reuse: state };
    }
    const expiresAt = this.#expiry(state, now);
    const next = { used: [...used, [generation, now] as const], lastUsedAt: now, expiresAt };
    await this.sessions.rotate(state, next);
    return { session: this.#opened(state, generation + 1, now) };
  }

  #expiry(state: RefreshState, now: number): number {
    return Math.min(now + this.config.refreshTokenTtl, state.endsAt);
  }

  #opened(state: RefreshState, generation: number, now: number): OpenSession {
    const refreshTtl = this.#expiry(state, now) - now;
    return { id: state.id, generation, user: state.user, refreshTtl };
  }

  async #revoke({ id, user }: RefreshState, origin: Origin): Promise<void> {
    await this.sessions.delete(user.id, id);
    await this.audit.record({
      action: 'session.refresh_reused',
      subject: user.publicId,
      origin,
    });
  }
}
