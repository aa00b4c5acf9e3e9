import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Cursors } from '../http/cursors.js';
import type { PageQuery } from '../http/page.dto.js';
import type { Principal } from '../http/principal.js';
import { parseId } from '../http/strict-query.js';
import { rfc3339 } from '../http/time.js';
import type { AuthorListResponse, AuthorRequest, AuthorResponse } from './authors.dto.js';
import { authorExists, authorNotFound } from './authors.errors.js';
import { AuthorsRepository } from './authors.repository.js';
import type { AuthorFields, AuthorRow } from './authors.repository.js';

/** The records of authors, of which each user sees and changes their own alone. */
@Injectable()
export class AuthorsService {
  constructor(
    private readonly authors: AuthorsRepository,
    private readonly database: Database,
    private readonly cursors: Cursors,
  ) {}

  /** Throws `author_exists` where the caller has the same name and book. */
  async create(caller: Principal, body: AuthorRequest): Promise<AuthorResponse> {
    const row = await this.database.write(tx =>
      this.authors.insert(tx, caller.userId, toFields(body), Date.now()),
    );
    if (row === undefined) {
      throw authorExists();
    }
    return toResponse(row);
  }

  /** A page of the caller's records, oldest first. */
  async list(caller: Principal, query: PageQuery): Promise<AuthorListResponse> {
    const scope = `authors ${caller.userId}`;
    const after = query.cursor === undefined ? 0 : this.cursors.open(scope, query.cursor)[0];
    const limit = query.limitOr(100);
    const rows = await this.authors.findPage(caller.userId, Number(after), limit + 1);
    const more = rows.length > limit;
    const page = more ? rows.slice(0, limit) : rows;
    return {
      list_of_authors: page.map(toResponse),
      next_cursor: more ? this.cursors.seal(scope, [page[page.length - 1].id]) : null,
    };
  }

  /** Throws `author_not_found`, for another's record too. */
  async find(caller: Principal, id: string): Promise<AuthorResponse> {
    return toResponse(found(await this.authors.find(caller.userId, toId(id))));
  }

  /** Throws `author_not_found`. */
  async delete(caller: Principal, id: string): Promise<void> {
    const number = toId(id);
    if (!(await this.database.write(tx => this.authors.delete(tx, caller.userId, number)))) {
      throw authorNotFound();
    }
  }
}

/** What cannot be an id is the id of nothing. */
function toId(text: string): number {
  return found(parseId(text));
}

function found<T>(value: T | undefined): T {
  if (value === undefined) {
    throw authorNotFound();
  }
  return value;
}

function toFields(body: AuthorRequest): AuthorFields {
  const { name, book, country } = body;
  return { name, book, country, bookerPrize: body.booker_prize ?? false };
}

function toResponse(row: AuthorRow): AuthorResponse {
  return {
    id: row.id,
    name: row.name,
    book: row.book,
    country: row.country,
    booker_prize: row.bookerPrize,
    version: row.version,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}
