import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { SecurityAction } from '../audit/security-events.js';
import { isDuplicate } from '../database/database-errors.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/database.types.js';
import { Pages } from '../lists/pages.js';
import type { PageQuery } from '../lists/pages.js';
import type { Origin } from '../http/origin.js';
import type { Principal } from '../http/principal.js';
import { rfc3339 } from '../http/time.js';
import { RemovedAccounts } from './removed-accounts.js';
import type { User } from './user.entity.js';
import { normalizeName } from './user-name.js';
import type { UserListResponse, UserResponse, UserRightsRequest } from './users.dto.js';
import { lastAdmin, nameRefused, nameTaken } from './users.errors.js';
import { UsersRepository } from './users.repository.js';
import type { NewUser } from './users.repository.js';

/** User accounts: names and rights. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly pages: Pages,
    private readonly removed: RemovedAccounts,
  ) {}

  /** A page of all users, oldest first. */
  async list(_caller: Principal, query: PageQuery): Promise<UserListResponse> {
    const { items, next_cursor } = await this.pages.page(
      'users',
      query,
      (after, limit) => this.users.findPage(Number(after?.[0] ?? 0), limit),
      ({ id }) => [id],
    );
    return { users: items.map(toResponse), next_cursor };
  }

  /** The caller's own profile. */
  async profile(caller: Principal): Promise<UserResponse> {
    return toResponse(await this.users.getProfile(caller.publicId));
  }

  /** Throws `user_not_found`. */
  async find(_caller: Principal, publicId: string): Promise<UserResponse> {
    return toResponse(await this.users.getByPublicId(publicId));
  }

  /** Changes the caller's name. Throws `name_taken`, or `validation_failed` if it is no valid name. */
  async rename({ userId, publicId }: Principal, rawName: string, origin: Origin) {
    const { name, key } = userName(rawName);
    const unit = this.database.write(async () => {
      await this.users.rename(userId, name, key, Date.now());
      const action = 'user.renamed';
      await this.audit.record({ action, actor: publicId, subject: publicId, origin });
      return this.users.getByPublicId(publicId);
    });
    return toResponse(
      await unit.catch(error => {
        throw isDuplicate(error) ? nameTaken() : error;
      }),
    );
  }

  /**
   * Makes a user an admin or not, disables or enables a user, from their next request on.
   * Throws `user_not_found`, and `last_admin` if no active admin would be left.
   */
  async setRights(
    actor: string,
    publicId: string,
    rights: UserRightsRequest,
    origin: Origin,
  ): Promise<UserResponse> {
    return this.database.write(async tx => {
      const admins = await this.users.lockActiveAdmins(tx);
      const before = await this.users.getByPublicId(publicId);
      const { admin = before.admin, disabled = before.disabled } = rights;
      if (!admin || disabled) {
        refuseLastAdmin(admins, before.id);
      }
      await this.users.setRights(before.id, { admin, disabled }, Date.now());
      if (disabled && !before.disabled) {
        // The update above waited for logins in progress: this moment is after their sessions.
        await this.users.endTokens(before.id, Date.now() + 1);
      }
      const after = { ...before, admin, disabled };
      for (const action of changes(before, after)) {
        await this.audit.record({ action, actor, subject: publicId, origin });
      }
      return toResponse(after);
    });
  }

  /**
   * Removes a user at once: no login, no token, a free name. What belongs to the account is deleted afterwards, in
   * slices. Throws `user_not_found`, `last_admin`.
   */
  async remove(actor: string, publicId: string, origin: Origin): Promise<void> {
    await this.database.write(async tx => {
      const admins = await this.users.lockActiveAdmins(tx);
      const { id } = await this.users.getByPublicId(publicId);
      refuseLastAdmin(admins, id);
      await this.users.markRemoved(id, Date.now());
      await this.audit.record({ action: 'user.removed', actor, subject: publicId, origin });
    });
    this.removed.start();
  }

  /** Stores a new account in the caller's unit of work. Throws `name_taken`. */
  async create(
    tx: Transaction,
    user: NewUser,
    by: { actor: string; origin: Origin },
  ): Promise<User> {
    const row = await this.users.insert(tx, user, Date.now());
    if (row === undefined) {
      throw nameTaken();
    }
    await this.audit.record({ action: 'user.registered', subject: row.publicId, ...by });
    return row;
  }
}

/** The stored form of a name, and its key. Throws `validation_failed`. */
export function userName(raw: string): { name: string; key: string } {
  const normalized = normalizeName(raw);
  if ('fault' in normalized) {
    throw nameRefused(normalized.fault);
  }
  return normalized;
}

function refuseLastAdmin(activeAdmins: readonly number[], id: number): void {
  if (activeAdmins.length === 1 && activeAdmins[0] === id) {
    throw lastAdmin();
  }
}

function changes(before: User, after: User): SecurityAction[] {
  const actions: SecurityAction[] = [];
  if (before.admin !== after.admin) {
    actions.push(after.admin ? 'user.promoted' : 'user.demoted');
  }
  if (before.disabled !== after.disabled) {
    actions.push(after.disabled ? 'user.disabled' : 'user.enabled');
  }
  return actions;
}

function toResponse(user: User): UserResponse {
  return {
    public_id: user.publicId,
    name: user.name,
    admin: user.admin,
    disabled: user.disabled,
    created_at: rfc3339(user.createdAt),
  };
}
