import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/database.types.js';
import { Pages } from '../lists/pages.js';
import type { PageQuery } from '../lists/pages.js';
import type { Origin } from '../http/origin.js';
import type { Principal } from '../http/principal.js';
import { rfc3339 } from '../http/time.js';
import { normalizeName } from './user-name.js';
import type { UserListResponse, UserResponse, UserRightsRequest } from './users.dto.js';
import { lastAdmin, nameRefused, nameTaken, userNotFound } from './users.errors.js';
import { UsersRepository } from './users.repository.js';
import type { UserRow } from './users.repository.js';

/** The accounts: who there is, what they are called and what they may. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly pages: Pages,
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
    return this.find(caller, caller.publicId);
  }

  /** Throws `user_not_found`. */
  async find(_caller: Principal, publicId: string): Promise<UserResponse> {
    return toResponse(found(await this.users.findByPublicId(publicId)));
  }

  /** Gives the caller another name. Throws `name_taken`, or `validation_failed` for what cannot be a name. */
  async rename(caller: Principal, rawName: string, origin: Origin): Promise<UserResponse> {
    const { name, key } = userName(rawName);
    return this.database.write(async tx => {
      if (!(await this.users.rename(tx, caller.userId, name, key, Date.now()))) {
        throw nameTaken();
      }
      await this.audit.record(tx, {
        action: 'user.renamed',
        actor: caller.publicId,
        subject: caller.publicId,
        origin,
      });
      return toResponse(found(await this.users.findByPublicId(caller.publicId, tx)));
    });
  }

  /**
   * Makes or unmakes an admin, disables or enables a user. Takes effect at the user's very next request.
   * Throws `user_not_found`, and `last_admin` where no active admin would be left.
   */
  async setRights(
    actor: string,
    publicId: string,
    rights: UserRightsRequest,
    origin: Origin,
  ): Promise<UserResponse> {
    return this.database.write(async tx => {
      const admins = await this.users.lockActiveAdmins(tx);
      const before = found(await this.users.findByPublicId(publicId, tx));
      const admin = rights.admin ?? before.admin;
      const disabled = rights.disabled ?? before.disabled;
      if (!admin || disabled) {
        refuseLastAdmin(admins, before.id);
      }
      const now = Date.now();
      const after = await this.users.setRights(tx, before.id, { admin, disabled }, now);
      if (disabled && !before.disabled) {
        await this.users.endTokens(tx, before.id, now + 1);
      }
      for (const action of changes(before, after)) {
        await this.audit.record(tx, { action, actor, subject: publicId, origin });
      }
      return toResponse(after);
    });
  }

  /** Removes a user and everything that is theirs. Throws `user_not_found`, `last_admin`. */
  async remove(actor: string, publicId: string, origin: Origin): Promise<void> {
    await this.database.write(async tx => {
      const admins = await this.users.lockActiveAdmins(tx);
      const { id } = found(await this.users.findByPublicId(publicId, tx));
      refuseLastAdmin(admins, id);
      await this.users.delete(tx, id);
      await this.audit.record(tx, { action: 'user.removed', actor, subject: publicId, origin });
    });
  }

  /** Stores a new account within the caller's transaction. Throws `name_taken`. */
  async create(
    tx: Transaction,
    user: { publicId: string; name: string; nameKey: string; passwordHash: string; admin: boolean },
    by: { actor: string; origin: Origin },
  ): Promise<UserRow> {
    const row = await this.users.insert(tx, user, Date.now());
    if (row === undefined) {
      throw nameTaken();
    }
    await this.audit.record(tx, { action: 'user.registered', subject: row.publicId, ...by });
    return row;
  }
}

/** The name as it is kept and its key. Throws `validation_failed`. */
export function userName(raw: string): { name: string; key: string } {
  const normalized = normalizeName(raw);
  if ('fault' in normalized) {
    throw nameRefused(normalized.fault);
  }
  return normalized;
}

function found(row: UserRow | undefined): UserRow {
  if (row === undefined) {
    throw userNotFound();
  }
  return row;
}

function refuseLastAdmin(activeAdmins: readonly number[], id: number): void {
  if (activeAdmins.length === 1 && activeAdmins[0] === id) {
    throw lastAdmin();
  }
}

function changes(before: UserRow, after: UserRow): string[] {
  return [
    ...(before.admin === after.admin ? [] : [after.admin ? 'user.promoted' : 'user.demoted']),
    ...(before.disabled === after.disabled
      ? []
      : [after.disabled ? 'user.disabled' : 'user.enabled']),
  ];
}

function toResponse(user: UserRow): UserResponse {
  return {
    public_id: user.publicId,
    name: user.name,
    admin: user.admin,
    disabled: user.disabled,
    created_at: rfc3339(user.createdAt),
  };
}
