import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Param, Queryable, Transaction } from '../database/database.types.js';
import { foldText } from '../http/text.js';
import type { VersionRule } from '../http/etag.js';
import { toAuthor } from './author-row.js';
import type { AuthorFields, AuthorRow, RawAuthor } from './author-row.js';
import type { Filter } from './list-query.js';
import { COLUMNS, countStatement, exportStatement } from './list-statements.js';
import { recordWords } from './search-words.js';

export type { AuthorFields, AuthorRow } from './author-row.js';

/** The records; each statement names their owner, so that nobody else's are ever found. */
@Injectable()
export class AuthorsRepository {
  constructor(private readonly database: Database) {}

  /** Stores a new record; undefined where the owner has the same name and book already. */
  async insert(
    tx: Transaction,
    ownerId: number,
    fields: AuthorFields,
    now: number,
  ): Promise<AuthorRow | undefined> {
    const row = await tx.get<RawAuthor>(
      `INSERT INTO authors (owner_id, name, book, country, booker_prize, name_key, book_key, words,
         version, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)
       ON CONFLICT (owner_id, name_key, book_key) DO NOTHING RETURNING ${COLUMNS}`,
      [ownerId, ...columnsOf(ownerId, fields), now],
    );
    return row && toAuthor(row);
  }

  async find(
    ownerId: number,
    id: number,
    on: Queryable = this.database,
  ): Promise<AuthorRow | undefined> {
    const row = await on.get<RawAuthor>(
      `SELECT ${COLUMNS} FROM authors WHERE id = $1 AND owner_id = $2`,
      [id, ownerId],
    );
    return row && toAuthor(row);
  }

  /** The record as it is and stays until the transaction ends. */
  async findToChange(tx: Transaction, ownerId: number, id: number): Promise<AuthorRow | undefined> {
    const lock = tx.dialect === 'postgres' ? ' FOR UPDATE' : '';
    const row = await tx.get<RawAuthor>(
      `SELECT ${COLUMNS} FROM authors WHERE id = $1 AND owner_id = $2${lock}`,
      [id, ownerId],
    );
    return row && toAuthor(row);
  }

  async count(ownerId: number): Promise<number> {
    const { sql, params } = countStatement({ ownerId, filters: [] });
    return (await this.database.get<{ count: number }>(sql, params))!.count;
  }

  /** All that are meant, oldest first, as they are at one moment. */
  async *stream(
    ownerId: number,
    filters: readonly Filter[],
    words: readonly string[],
  ): AsyncGenerator<AuthorRow> {
    const { sql, params } = exportStatement({ ownerId, filters }, words, this.database.dialect);
    for await (const row of this.database.stream<RawAuthor>(sql, params)) {
      yield toAuthor(row);
    }
  }

  /**
   * Changes a record, in one statement; undefined where there is none of a version that the rule lets pass.
   * Throws an error that `isDuplicate` recognises if the owner has the new name and book already.
   */
  async update(
    tx: Queryable,
    ownerId: number,
    id: number,
    fields: AuthorFields,
    rule: VersionRule,
    now: number,
  ): Promise<AuthorRow | undefined> {
    const row = await tx.get<RawAuthor>(
      `UPDATE authors SET name = $3, book = $4, country = $5, booker_prize = $6, name_key = $7, book_key = $8,
         words = $9, version = version + 1, updated_at = $10
       WHERE id = $1 AND owner_id = $2 AND ${ruleSql(11)} RETURNING ${COLUMNS}`,
      [id, ownerId, ...columnsOf(ownerId, fields), now, ...ruleParams(rule)],
    );
    return row && toAuthor(row);
  }

  /** False where there is no such record of a version that the rule lets pass. */
  async delete(tx: Queryable, ownerId: number, id: number, rule: VersionRule): Promise<boolean> {
    const deleted = await tx.run(
      `DELETE FROM authors WHERE id = $1 AND owner_id = $2 AND ${ruleSql(3)}`,
      [id, ownerId, ...ruleParams(rule)],
    );
    return deleted > 0;
  }
}

/** `oneOf` at this place and `noneOf` behind it: lists of versions between commas, or null for any. */
function ruleSql(place: number): string {
  const [oneOf, noneOf] = [place, place + 1].map(at => `CAST($${at} AS text)`);
  return `(${oneOf} IS NULL OR ${oneOf} LIKE '%,' || version || ',%')
       AND (${noneOf} IS NULL OR ${noneOf} NOT LIKE '%,' || version || ',%')`;
}

function ruleParams({ oneOf, noneOf }: VersionRule): Param[] {
  return [oneOf, noneOf].map(versions => (versions ? `,${versions.join(',')},` : null));
}

/** What is stored of the fields, in the order of the statements above. */
function columnsOf(ownerId: number, fields: AuthorFields): Param[] {
  return [
    fields.name,
    fields.book,
    fields.country,
    fields.bookerPrize,
    foldText(fields.name),
    foldText(fields.book),
    recordWords(ownerId, fields),
  ];
}
