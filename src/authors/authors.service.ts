import { Injectable } from '@nestjs/common';
import { isDuplicate } from '../database/database-errors.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/database.types.js';
import { Cursors } from '../lists/cursors.js';
import type { Preconditions } from '../http/etag.js';
import { applyMergePatch } from '../http/json-merge-patch.js';
import type { Principal } from '../http/principal.js';
import { parseId } from '../http/strict-query.js';
import { MEMBERS } from './author-members.js';
import { toResponse } from './author-response.js';
import type { AuthorListResponse, AuthorPatchRequest, AuthorRequest } from './authors.dto.js';
import type { AuthorResponse } from './authors.dto.js';
import { authorExists, authorNotFound, versionPassed } from './authors.errors.js';
import { AuthorPages } from './author-pages.js';
import { AuthorsRepository } from './authors.repository.js';
import type { AuthorFields, AuthorRow } from './author-row.js';
import type { ListQuery } from './list-query.js';
import { queryWords } from './search-words.js';

/**
 * The records of authors, of which each user sees and changes their own alone: another's is `author_not_found`,
 * as is one that never was.
 */
@Injectable()
export class AuthorsService {
  constructor(
    private readonly authors: AuthorsRepository,
    private readonly pages: AuthorPages,
    private readonly database: Database,
    private readonly cursors: Cursors,
  ) {}

  /** Stores a new record. Throws `author_exists`. */
  async create(caller: Principal, body: AuthorRequest): Promise<AuthorResponse> {
    const row = await this.database.write(tx =>
      this.authors.insert(tx, caller.userId, toFields(body), Date.now()),
    );
    if (row === undefined) {
      throw authorExists();
    }
    return toResponse(row);
  }

  /** A page of the caller's records. Throws `invalid_query` for a cursor of another query. */
  async list(caller: Principal, query: ListQuery): Promise<AuthorListResponse> {
    const { filters, sort, limit, q, cursor } = query;
    const scope = JSON.stringify(['authors', caller.userId, sort, filters, q]);
    const rows = await this.pages.find({
      ownerId: caller.userId,
      filters,
      sort,
      after: cursor === undefined ? undefined : this.cursors.open(scope, cursor),
      limit: limit + 1,
      words: q === undefined ? [] : queryWords(caller.userId, q),
    });
    const more = rows.length > limit;
    const page = more ? rows.slice(0, limit) : rows;
    return {
      list_of_authors: page.map(row => cut(toResponse(row), query.fields)),
      next_cursor: more ? this.cursors.seal(scope, placeOf(page[limit - 1], query)) : null,
    };
  }

  /** Throws `author_not_found`. */
  async find(caller: Principal, id: string): Promise<AuthorResponse> {
    return toResponse(found(await this.authors.find(caller.userId, toId(id))));
  }

  /** Throws `author_not_found`, then `precondition_failed`, then `author_exists`. */
  async replace(
    caller: Principal,
    id: string,
    body: AuthorRequest,
    conditions: Preconditions,
  ): Promise<AuthorResponse> {
    const number = toId(id);
    return this.#change(tx => this.#store(tx, caller.userId, number, toFields(body), conditions));
  }

  /** Changes the members that the patch names (RFC 7396). Throws as `replace` does. */
  async patch(
    caller: Principal,
    id: string,
    body: AuthorPatchRequest,
    conditions: Preconditions,
  ): Promise<AuthorResponse> {
    const number = toId(id);
    return this.#change(async tx => {
      const before = found(await this.authors.findToChange(tx, caller.userId, number));
      const after = applyMergePatch(toRequest(before), body) as AuthorRequest;
      return this.#store(tx, caller.userId, number, toFields(after), conditions);
    });
  }

  /** Throws `author_not_found`, then `precondition_failed`. */
  async delete(caller: Principal, id: string, conditions: Preconditions): Promise<void> {
    const number = toId(id);
    await this.database.write(async tx => {
      const rule = conditions.ruleFor(number);
      if (!(await this.authors.delete(tx, caller.userId, number, rule))) {
        throw await this.#missing(tx, caller.userId, number);
      }
    });
  }

  async #change(work: (tx: Transaction) => Promise<AuthorRow>): Promise<AuthorResponse> {
    try {
      return toResponse(await this.database.write(work));
    } catch (error) {
      throw isDuplicate(error) ? authorExists() : error;
    }
  }

  async #store(
    tx: Transaction,
    ownerId: number,
    id: number,
    fields: AuthorFields,
    conditions: Preconditions,
  ): Promise<AuthorRow> {
    const rule = conditions.ruleFor(id);
    const row = await this.authors.update(tx, ownerId, id, fields, rule, Date.now());
    if (row === undefined) {
      throw await this.#missing(tx, ownerId, id);
    }
    return row;
  }

  /** Why a statement with a rule met no record. */
  async #missing(tx: Transaction, ownerId: number, id: number): Promise<Error> {
    const exists = (await this.authors.find(ownerId, id, tx)) !== undefined;
    return exists ? versionPassed() : authorNotFound();
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

/** Where the page ends, for the cursor of the next one. */
function placeOf(row: AuthorRow, { sort }: ListQuery): (string | number | boolean)[] {
  return sort.map(({ member }) => row[MEMBERS[member].key]);
}

function cut(author: AuthorResponse, fields: ListQuery['fields']): AuthorResponse {
  return fields === undefined
    ? author
    : (Object.fromEntries(
        fields.map(field => [field, author[field]]),
      ) as unknown as AuthorResponse);
}

function toFields(body: AuthorRequest): AuthorFields {
  const { name, book, country } = body;
  return { name, book, country, bookerPrize: body.booker_prize ?? false };
}

function toRequest({ name, book, country, bookerPrize }: AuthorFields): AuthorRequest {
  return { name, book, country, booker_prize: bookerPrize };
}
