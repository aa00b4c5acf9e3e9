import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/database.types.js';
import { ownedTables } from '../database/owned-tables.js';
import { isStorable } from '../http/text.js';
import { found } from '../problems/found.js';
import { User } from './user.entity.js';
import { userNotFound } from './users.errors.js';

/** What a login is checked against. */
export type Credentials = Pick<
  User,
  'id' | 'publicId' | 'name' | 'admin' | 'disabled' | 'passwordHash' | 'failedLogins'
>;

export type NewUser = Pick<User, 'publicId' | 'name' | 'nameKey' | 'passwordHash' | 'admin'>;

/** A user without the password hash, under the entity's names. */
const COLUMNS =
  'id, public_id AS "publicId", name, name_key AS "nameKey", admin, disabled, created_at AS "createdAt"';
const CREDENTIALS = `${COLUMNS}, password_hash AS "passwordHash", failed_logins AS "failedLogins"`;

/** Begins the texts of removed accounts; no name has a colon, and no public id. */
const REMOVED = 'removed:';
const AFTER_REMOVED = 'removed;';

/** SQL where one statement decides or the path is hot (ADR 7); everything else by TypeORM. */
@Injectable()
export class UsersRepository {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly database: Database,
  ) {}

  /** Stores a user; undefined if the name is taken. */
  async insert(tx: Transaction, user: NewUser, now: number): Promise<User | undefined> {
    const row = await tx.get<User>(
      `INSERT INTO users (public_id, name, name_key, password_hash, admin, disabled, tokens_valid_from,
         failed_logins, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $7, $7)
       ON CONFLICT (name_key) DO NOTHING RETURNING ${COLUMNS}`,
      [user.publicId, user.name, user.nameKey, user.passwordHash, user.admin, false, now],
    );
    return row && withBooleans(row);
  }

  /** Throws `user_not_found`. */
  async getByPublicId(publicId: string): Promise<User> {
    const user = isStorable(publicId) ? await this.users.findOneBy({ publicId }) : null;
    return found(user, userNotFound);
  }

  findByNameKey(nameKey: string): Promise<User | null> {
    return this.users.findOneBy({ nameKey });
  }

  /** As `getByPublicId`, for the hot path. */
  async getProfile(publicId: string): Promise<User> {
    const sql = `SELECT ${COLUMNS} FROM users WHERE public_id = $1`;
    return withBooleans(found(await this.database.get<User>(sql, [publicId]), userNotFound));
  }

  async findCredentials(
    by: { nameKey: string } | { id: number },
  ): Promise<Credentials | undefined> {
    const [column, value] = 'id' in by ? ['id', by.id] : ['name_key', by.nameKey];
    const sql = `SELECT ${CREDENTIALS} FROM users WHERE ${column} = $1`;
    const row = await this.database.get<Credentials>(sql, [value]);
    return row && withBooleans(row);
  }

  /** As `findCredentials`; no other transaction can change them until this one ends. */
  async lockCredentials(tx: Transaction, id: number): Promise<Credentials | undefined> {
    const sql = `SELECT ${CREDENTIALS} FROM users WHERE id = $1${forUpdate(tx)}`;
    const row = await tx.get<Credentials>(sql, [id]);
    return row && withBooleans(row);
  }

  /** Users in the order of their ids, after the one with this id. */
  async findPage(afterId: number, limit: number): Promise<User[]> {
    const sql = `SELECT ${COLUMNS} FROM users WHERE id > $1 AND public_id NOT LIKE '${REMOVED}%' ORDER BY id LIMIT $2`;
    return (await this.database.all<User>(sql, [afterId, limit])).map(withBooleans);
  }

  /** Throws an error that `isDuplicate` recognises if another user has the name. */
  async rename(id: number, name: string, nameKey: string, now: number): Promise<void> {
    await this.users.update({ id }, { name, nameKey, updatedAt: now });
  }

  /** The ids of all enabled admins; no other transaction can change who they are until this one ends. */
  async lockActiveAdmins(tx: Transaction): Promise<number[]> {
    const rows = await tx.all<{ id: number }>(
      `SELECT id FROM users WHERE admin AND NOT disabled ORDER BY id${forUpdate(tx)}`,
    );
    return rows.map(({ id }) => id);
  }

  async setRights(id: number, rights: Pick<User, 'admin' | 'disabled'>, now: number) {
    const { admin, disabled } = rights;
    await this.users.update({ id }, { admin, disabled, updatedAt: now });
  }

  /** Ends every session and token that was made before `now`. */
  async endTokens(id: number, now: number): Promise<void> {
    await this.users.update({ id }, { tokensValidFrom: now });
  }

  async setPasswordHash(id: number, passwordHash: string, now: number): Promise<void> {
    await this.users.update({ id }, { passwordHash, updatedAt: now });
  }

  async countFailedLogin(tx: Transaction, id: number): Promise<void> {
    await tx.run('UPDATE users SET failed_logins = failed_logins + 1 WHERE id = $1', [id]);
  }

  async clearFailedLogins(tx: Transaction, id: number): Promise<void> {
    await tx.run('UPDATE users SET failed_logins = 0 WHERE id = $1 AND failed_logins > 0', [id]);
  }

  /** Frees the name, and leaves a disabled account that nothing finds but `findRemoved`. */
  async markRemoved(id: number, now: number): Promise<void> {
    const text = REMOVED + id;
    await this.users.update(
      { id },
      {
        ...{ publicId: text, name: text, nameKey: text, passwordHash: '' },
        ...{ admin: false, disabled: true, tokensValidFrom: now + 1, updatedAt: now },
      },
    );
  }

  /** The ids of removed accounts that are not empty yet. */
  async findRemoved(): Promise<number[]> {
    const sql = 'SELECT id FROM users WHERE public_id >= $1 AND public_id < $2 ORDER BY id';
    const rows = await this.database.all<{ id: number }>(sql, [REMOVED, AFTER_REMOVED]);
    return rows.map(({ id }) => id);
  }

  /** Deletes a removed account unless rows of any table belong to it; false if some do. */
  async deleteEmpty(id: number): Promise<boolean> {
    const owned = ownedTables(this.database.dataSource, 'users').map(
      ({ name, owner }) => `NOT EXISTS (SELECT 1 FROM ${name} WHERE ${owner} = $1)`,
    );
    await this.database.run(`DELETE FROM users WHERE id = $1 AND ${owned.join(' AND ')}`, [id]);
    return (
      (await this.database.get('SELECT 1 AS one FROM users WHERE id = $1', [id])) === undefined
    );
  }

  /** Whether there is an enabled admin. */
  hasActiveAdmin(): Promise<boolean> {
    return this.users.existsBy({ admin: true, disabled: false });
  }
}

/** SQLite has one writer, and no locks of rows. */
function forUpdate({ dialect }: Transaction): string {
  return dialect === 'postgres' ? ' FOR UPDATE' : '';
}

/** SQLite gives 0 and 1. */
function withBooleans<T extends Pick<User, 'admin' | 'disabled'>>(row: T): T {
  return { ...row, admin: Boolean(row.admin), disabled: Boolean(row.disabled) };
}
