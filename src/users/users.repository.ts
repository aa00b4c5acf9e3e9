import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { isStorable } from '../database/text.js';
import type { Queryable, Transaction } from '../database/database.types.js';

/** A row of `users` without its password hash, which only the credentials have. */
export interface UserRow {
  id: number;
  publicId: string;
  name: string;
  nameKey: string;
  admin: boolean;
  disabled: boolean;
  createdAt: number;
}

/** What a login is checked against. */
export interface Credentials {
  id: number;
  publicId: string;
  name: string;
  admin: boolean;
  disabled: boolean;
  passwordHash: string;
  failedLogins: number;
}

const COLUMNS = 'id, public_id, name, name_key, admin, disabled, created_at';

interface RawUser {
  id: number;
  public_id: string;
  name: string;
  name_key: string;
  admin: unknown;
  disabled: unknown;
  created_at: number;
}

interface RawCredentials extends RawUser {
  password_hash: string;
  failed_logins: number;
}

@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  /** Stores a user; undefined where the name is taken, however it is written. */
  async insert(
    tx: Transaction,
    user: { publicId: string; name: string; nameKey: string; passwordHash: string; admin: boolean },
    now: number,
  ): Promise<UserRow | undefined> {
    const row = await tx.get<RawUser>(
      `INSERT INTO users (public_id, name, name_key, password_hash, admin, disabled, tokens_valid_from,
         failed_logins, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $7, $7)
       ON CONFLICT (name_key) DO NOTHING RETURNING ${COLUMNS}`,
      [user.publicId, user.name, user.nameKey, user.passwordHash, user.admin, false, now],
    );
    return row && toUser(row);
  }

  async findByPublicId(
    publicId: string,
    on: Queryable = this.database,
  ): Promise<UserRow | undefined> {
    if (!isStorable(publicId)) {
      return undefined;
    }
    const row = await on.get<RawUser>(`SELECT ${COLUMNS} FROM users WHERE public_id = $1`, [
      publicId,
    ]);
    return row && toUser(row);
  }

  async findByNameKey(
    nameKey: string,
    on: Queryable = this.database,
  ): Promise<UserRow | undefined> {
    const row = await on.get<RawUser>(`SELECT ${COLUMNS} FROM users WHERE name_key = $1`, [
      nameKey,
    ]);
    return row && toUser(row);
  }

  async findCredentials(
    by: { nameKey: string } | { id: number },
    on: Queryable = this.database,
  ): Promise<Credentials | undefined> {
    const [column, value] = 'id' in by ? ['id', by.id] : ['name_key', by.nameKey];
    const row = await on.get<RawCredentials>(
      `SELECT ${COLUMNS}, password_hash, failed_logins FROM users WHERE ${column} = $1`,
      [value],
    );
    return row && toCredentials(row);
  }

  /** As `findCredentials`; no other transaction can change them until this one ends. */
  async lockCredentials(tx: Transaction, id: number): Promise<Credentials | undefined> {
    const lock = tx.dialect === 'postgres' ? ' FOR UPDATE' : '';
    const row = await tx.get<RawCredentials>(
      `SELECT ${COLUMNS}, password_hash, failed_logins FROM users WHERE id = $1${lock}`,
      [id],
    );
    return row && toCredentials(row);
  }

  /** Users in the order of their making, after the one with this id. */
  async findPage(afterId: number, limit: number): Promise<UserRow[]> {
    const rows = await this.database.all<RawUser>(
      `SELECT ${COLUMNS} FROM users WHERE id > $1 ORDER BY id LIMIT $2`,
      [afterId, limit],
    );
    return rows.map(toUser);
  }

  /** False where the name is taken by somebody else. */
  async rename(
    tx: Transaction,
    id: number,
    name: string,
    nameKey: string,
    now: number,
  ): Promise<boolean> {
    const changed = await tx.run(
      `UPDATE users SET name = $2, name_key = $3, updated_at = $4
       WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users other WHERE other.name_key = $3 AND other.id <> $1)`,
      [id, name, nameKey, now],
    );
    return changed === 1;
  }

  /** The admins who can act as such; no other transaction can change who they are until this one ends. */
  async lockActiveAdmins(tx: Transaction): Promise<number[]> {
    const lock = tx.dialect === 'postgres' ? ' FOR UPDATE' : '';
    const rows = await tx.all<{ id: number }>(
      `SELECT id FROM users WHERE admin AND NOT disabled ORDER BY id${lock}`,
    );
    return rows.map(({ id }) => id);
  }

  async setRights(
    tx: Transaction,
    id: number,
    rights: { admin: boolean; disabled: boolean },
    now: number,
  ): Promise<UserRow> {
    const row = await tx.get<RawUser>(
      `UPDATE users SET admin = $2, disabled = $3, updated_at = $4 WHERE id = $1 RETURNING ${COLUMNS}`,
      [id, rights.admin, rights.disabled, now],
    );
    return toUser(row!);
  }

  /** Ends for good whatever was given out before: sessions and tokens alike. */
  async endTokens(tx: Transaction, id: number, now: number): Promise<void> {
    await tx.run('UPDATE users SET tokens_valid_from = $2 WHERE id = $1', [id, now]);
  }

  async setPasswordHash(tx: Transaction, id: number, hash: string, now: number): Promise<void> {
    await tx.run('UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1', [
      id,
      hash,
      now,
    ]);
  }

  async countFailedLogin(tx: Transaction, id: number): Promise<void> {
    await tx.run('UPDATE users SET failed_logins = failed_logins + 1 WHERE id = $1', [id]);
  }

  async clearFailedLogins(tx: Transaction, id: number): Promise<void> {
    await tx.run('UPDATE users SET failed_logins = 0 WHERE id = $1 AND failed_logins > 0', [id]);
  }

  async delete(tx: Transaction, id: number): Promise<void> {
    await tx.run('DELETE FROM users WHERE id = $1', [id]);
  }

  /** Whether there is any admin who can act as one. */
  async hasActiveAdmin(on: Queryable = this.database): Promise<boolean> {
    return (
      (await on.get('SELECT 1 AS found FROM users WHERE admin AND NOT disabled LIMIT 1')) !==
      undefined
    );
  }
}

function toUser(row: RawUser): UserRow {
  return {
    id: row.id,
    publicId: row.public_id,
    name: row.name,
    nameKey: row.name_key,
    admin: Boolean(row.admin),
    disabled: Boolean(row.disabled),
    createdAt: row.created_at,
  };
}

function toCredentials(row: RawCredentials): Credentials {
  return { ...toUser(row), passwordHash: row.password_hash, failedLogins: row.failed_logins };
}
