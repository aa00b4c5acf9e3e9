import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Queryable, Transaction } from '../database/database.types.js';
import { foldText } from '../http/text.js';
import { recordWords } from './search-words.js';

/** What an owner writes of a record. */
export interface AuthorFields {
  name: string;
  book: string;
  country: string;
  bookerPrize: boolean;
}

/** A row of `authors` without what only the database needs. */
export interface AuthorRow extends AuthorFields {
  id: number;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

const COLUMNS = 'id, name, book, country, booker_prize, version, created_at, updated_at';

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
      `INSERT INTO authors (owner_id, name, book, country, booker_prize, version, created_at, updated_at,
         name_key, book_key, words)
       VALUES ($1, $2, $3, $4, $5, 1, $6, $6, $7, $8, $9)
       ON CONFLICT (owner_id, name_key, book_key) DO NOTHING RETURNING ${COLUMNS}`,
      [
        ownerId,
        fields.name,
        fields.book,
        fields.country,
        fields.bookerPrize,
        now,
        foldText(fields.name),
        foldText(fields.book),
        recordWords(ownerId, fields),
      ],
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

  async findPage(ownerId: number, afterId: number, limit: number): Promise<AuthorRow[]> {
    const rows = await this.database.all<RawAuthor>(
      `SELECT ${COLUMNS} FROM authors WHERE owner_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [ownerId, afterId, limit],
    );
    return rows.map(toAuthor);
  }

  /** False where there is no such record. */
  async delete(tx: Queryable, ownerId: number, id: number): Promise<boolean> {
    return (await tx.run('DELETE FROM authors WHERE id = $1 AND owner_id = $2', [id, ownerId])) > 0;
  }
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
