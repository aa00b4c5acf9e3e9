import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Param, Queryable, Transaction } from '../database/database.types.js';
import type { VersionRule } from '../http/etag.js';
import { AUTHORS, STORED, storedValues } from './author.members.js';
import type { AuthorFields, AuthorRow } from './author.members.js';

const { columns } = AUTHORS;

/** `$3` lists the versions that are allowed, `$4` those that are not; each between commas, or null for any. */
const RULE = `(CAST($3 AS text) IS NULL OR CAST($3 AS text) LIKE '%,' || version || ',%')
  AND (CAST($4 AS text) IS NULL OR CAST($4 AS text) NOT LIKE '%,' || version || ',%')`;

/** The statements on single records; each names the owner, so that no other owner's record is found. */
export const STATEMENTS = {
  insert: `INSERT INTO authors (owner_id, version, created_at, updated_at, ${STORED.join(', ')})
VALUES ($1, 1, $2, $2, ${STORED.map((_, at) => `$${at + 3}`).join(', ')})
ON CONFLICT (owner_id, name_key, book_key) DO NOTHING RETURNING ${columns}`,
  find: `SELECT ${columns} FROM authors WHERE owner_id = $1 AND id = $2`,
  update: `UPDATE authors SET version = version + 1, updated_at = $5,
  ${STORED.map((column, at) => `${column} = $${at + 6}`).join(', ')}
WHERE owner_id = $1 AND id = $2 AND ${RULE} RETURNING ${columns}`,
  delete: `DELETE FROM authors WHERE owner_id = $1 AND id = $2 AND ${RULE}`,
} as const;

@Injectable()
export class AuthorsRepository {
  constructor(private readonly database: Database) {}

  /** Stores a new record; undefined if the owner has the same name and book already. */
  async insert(ownerId: number, fields: AuthorFields, now: number): Promise<AuthorRow | undefined> {
    const values = [ownerId, now, ...storedValues(ownerId, fields)];
    const [row] = await this.database.change<AuthorRow>(STATEMENTS.insert, values);
    return row;
  }

  find(ownerId: number, id: number, on: Queryable = this.database): Promise<AuthorRow | undefined> {
    return on.get(STATEMENTS.find, [ownerId, id]);
  }

  /** Finds the record and locks it until the transaction ends. */
  findToChange(tx: Transaction, ownerId: number, id: number): Promise<AuthorRow | undefined> {
    const lock = tx.dialect === 'postgres' ? ' FOR UPDATE' : '';
    return tx.get(STATEMENTS.find + lock, [ownerId, id]);
  }

  /**
   * Changes a record in one statement; undefined if no record has a version that the rule allows.
   * Throws what `isDuplicate` recognises if another record of the owner has the new name and book.
   */
  update(
    tx: Transaction,
    ownerId: number,
    id: number,
    fields: AuthorFields,
    rule: VersionRule,
    now: number,
  ): Promise<AuthorRow | undefined> {
    const values = storedValues(ownerId, fields);
    return tx.get(STATEMENTS.update, [ownerId, id, ...versionLists(rule), now, ...values]);
  }

  /** False if no record has a version that the rule allows. */
  async delete(tx: Transaction, ownerId: number, id: number, rule: VersionRule): Promise<boolean> {
    return (await tx.run(STATEMENTS.delete, [ownerId, id, ...versionLists(rule)])) > 0;
  }
}

function versionLists({ oneOf, noneOf }: VersionRule): Param[] {
  return [oneOf, noneOf].map(versions => (versions ? `,${versions.join(',')},` : null));
}
