import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import type { Origin } from '../../http/origin.js';
import type { Principal, Scope } from '../../http/principal.js';
import { rfc3339 } from '../../http/time.js';
import type { User } from '../../users/user.entity.js';
import { UsersRepository } from '../../users/users.repository.js';
import { adminRequired, tokenInvalid, tokenNotFound, tooManyTokens } from '../auth.errors.js';
import { LastUse } from '../last-use.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import type { PersonalToken } from './personal-token.entity.js';
import { hashPersonalToken, hasValidChecksum, newPersonalToken } from './personal-token.js';
import type {
  NewPersonalTokenRequest,
  NewPersonalTokenResponse,
  PersonalTokenListResponse,
  PersonalTokenResponse,
} from './personal-tokens.dto.js';
import { PersonalTokensRepository } from './personal-tokens.repository.js';

/** How many personal access tokens one user may have. */
const LIMIT = 100;

const ADMIN_SCOPES: readonly Scope[] = ['users:read', 'metrics:read'];

/** Whose token it is. */
type Owner = Pick<User, 'id' | 'publicId' | 'admin'>;

/** Personal access tokens: for programs, limited by their scopes. */
@Injectable()
export class PersonalTokensService implements OnApplicationShutdown {
  readonly #lastUse: LastUse;

  constructor(
    private readonly tokens: PersonalTokensRepository,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {
    this.#lastUse = new LastUse(database, 'personal_tokens');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#lastUse.close().catch(() => undefined);
  }

  /** The user of a token; undefined if it is malformed, unknown, expired or revoked. */
  async principal(token: string): Promise<Principal | undefined> {
    if (!hasValidChecksum(token)) {
      return undefined;
    }
    const now = Date.now();
    const found = await this.tokens.findPrincipal(hashPersonalToken(token), now);
    if (found !== undefined) {
      this.#lastUse.record(found.tokenId, now);
    }
    return found?.principal;
  }

  /** The caller's tokens that have not expired, newest first. */
  async list(caller: Principal): Promise<PersonalTokenListResponse> {
    const rows = await this.tokens.findLive(caller.userId, Date.now());
    return { tokens: rows.map(toResponse) };
  }

  /** Creates a token while the caller's session stands. Throws `too_many_tokens`, and `admin_required` for a scope that only admins may grant. */
  async create(
    caller: Principal,
    request: NewPersonalTokenRequest,
    origin: Origin,
  ): Promise<NewPersonalTokenResponse> {
    // A change of the password that held the lock has ended the session.
    const refuse = async (): Promise<void> => {
      if ((await this.sessions.findPrincipal(caller.sessionId ?? '', Date.now())) === undefined) {
        throw tokenInvalid();
      }
    };
    const user = { id: caller.userId, publicId: caller.publicId, admin: caller.admin };
    return this.#store(user, request, { actor: caller.publicId, origin }, refuse);
  }

  /** Creates a token for a user on behalf of an operator. Throws as `create` does. */
  createFor(
    user: Owner,
    request: NewPersonalTokenRequest,
    actor: string,
    origin: Origin,
  ): Promise<NewPersonalTokenResponse> {
    return this.#store(user, request, { actor, origin });
  }

  async #store(
    user: Owner,
    request: NewPersonalTokenRequest,
    by: { actor: string; origin: Origin },
    refuse?: () => Promise<void>,
  ): Promise<NewPersonalTokenResponse> {
    if (!user.admin && request.scopes.some(scope => ADMIN_SCOPES.includes(scope))) {
      throw adminRequired();
    }
    const token = newPersonalToken();
    const now = Date.now();
    const days = request.expires_in_days ?? undefined;
    const row = {
      id: randomUUID(),
      userId: user.id,
      hash: hashPersonalToken(token),
      name: request.name,
      scopes: request.scopes,
      createdAt: now,
      lastUsedAt: null,
      expiresAt: days === undefined ? null : now + days * 86_400_000,
    };
    await this.database.write(async tx => {
      await this.users.lockCredentials(tx, user.id);
      await refuse?.();
      if (!(await this.tokens.insert(row, LIMIT))) {
        throw tooManyTokens();
      }
      await this.audit.record({
        action: 'token.created',
        subject: user.publicId,
        ...by,
        detail: { token_id: row.id, scopes: row.scopes.join(' ') },
      });
    });
    return { ...toResponse(row), token };
  }

  /** Revokes a token. Throws `token_not_found`. */
  async revoke(caller: Principal, id: string, origin: Origin): Promise<void> {
    await this.database.write(async () => {
      if (!(await this.tokens.delete(caller.userId, id))) {
        throw tokenNotFound();
      }
      await this.audit.record({
        action: 'token.revoked',
        actor: caller.publicId,
        subject: caller.publicId,
        origin,
        detail: { token_id: id },
      });
    });
  }
}

function toResponse(row: Omit<PersonalToken, 'user'>): PersonalTokenResponse {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    created_at: rfc3339(row.createdAt),
    last_used_at: row.lastUsedAt === null ? null : rfc3339(row.lastUsedAt),
    expires_at: row.expiresAt === null ? null : rfc3339(row.expiresAt),
  };
}
