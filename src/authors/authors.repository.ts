import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Param, Queryable, Transaction } from '../database/database.types.js';
import { foldText } from '../http/text.js';
import type { VersionRule } from '../http/etag.js';
import type { AuthorFields, AuthorRow } from './author-row.js';
import type { Filter } from './list-query.js';
import {
  COLUMNS,
  exportStatement,
  pageStatement,
  searchStatement,
  walkStatement,
} from './list-statements.js';
import type { Page, Statement } from './list-statements.js';
import { recordWords } from './search-words.js';

export type { AuthorFields, AuthorRow } from './author-row.js';

interface RawAuthor {
  id: number;
  name: string;
  book: string;
  country: string;
  booker_prize: unknown;
  version: number;
  created_at: number;
  updated_at: number;
}

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

  /** One page; `words`, where given, are those of a search. */
  findPage(page: Page, words?: readonly string[]): Promise<AuthorRow[]> {
    return words === undefined ? this.#read(pageStatement(page)) : this.#search(page, words);
  }

  async count(ownerId: number): Promise<number> {
    const sql = 'SELECT count(*) AS count FROM authors WHERE owner_id = $1';
    return (await this.database.get<{ count: number }>(sql, [ownerId]))!.count;
  }

  /** All that are meant, oldest first, as they are at one moment. */
  async *stream(
    ownerId: number,
    filters: readonly Filter[],
    words: readonly string[],
  ): AsyncGenerator<AuthorRow> {
    const { sql, params } = exportStatement(ownerId, filters, words, this.database.dialect);
    for await (const row of this.database.stream<RawAuthor>(sql, params)) {
      yield toAuthor(row);
    }
  }

  /**
   * Words that are common are found soonest by looking through the list, rare ones by the index, whose cost grows
   * with the records that have them. A look at the next few hundred tells which they are.
   */
  async #search(page: Page, words: readonly string[]): Promise<AuthorRow[]> {
    const { dialect } = this.database;
    const sample = SAMPLE_ROWS + page.limit;
    const first = await this.#read(walkStatement(page, words, sample, dialect));
    if (first.length < page.limit && first.length >= sample * COMMON) {
      const rows = Math.ceil((2 * page.limit * sample) / first.length);
      const found = await this.#read(walkStatement(page, words, rows, dialect));
      if (found.length === page.limit) {
        return found;
      }
    }
    return first.length === page.limit ? first : this.#read(searchStatement(page, words, dialect));
  }

  async #read({ sql, params }: Statement): Promise<AuthorRow[]> {
    return (await this.database.all<RawAuthor>(sql, params)).map(toAuthor);
  }

  /**
   * Changes a record, in one statement; undefined where there is none of a version that the rule lets pass.
   * Throws what `isDuplicate` tells where another of the owner's has the new name and book.
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

/** The rest of the next page that is looked through before the index is asked. */
const SAMPLE_ROWS = 250;
/** Words are common that more of the records than this share have. */
const COMMON = 0.01;

/** `oneOf` at this place and `noneOf` behind it: lists of versions between commas, or null for any. */
function ruleSql(place: number): string {
  const [oneOf, noneOf] = [place, place + 1].map(at => `CAST($${at} AS text)`);
  return `(${oneOf} IS NULL OR ${oneOf} LIKE '%,' || version || ',%')
       AND (${noneOf} IS NULL OR ${noneOf} NOT LIKE '%,' || version || ',%')`;
}

function ruleParams({ oneOf, noneOf }: VersionRule): Param[] {
  return [oneOf, noneOf].map(versions => (versions ? `,${versions.join(',')},` : null));
}

/** Whether an error says that the owner has the same name and book already. */
export function isDuplicate(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === '23505';
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

function toAuthor(row: RawAuthor): AuthorRow {
  return {
    id: row.id,
    name: row.name,
    book: row.book,
    country: row.country,
    bookerPrize: Boolean(row.booker_prize),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
