import { Injectable } from '@nestjs/common';
import { isDuplicate } from '../database/database-errors.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/database.types.js';
import type { Preconditions } from '../http/etag.js';
import { applyMergePatch } from '../http/json-merge-patch.js';
import type { Principal } from '../http/principal.js';
import { parseId } from '../http/strict-query.js';
import type { ListQuery, Selection } from '../lists/list-query.js';
import { Lists } from '../lists/lists.js';
import { RecordQuota } from '../lists/record-quota.js';
import { found } from '../problems/found.js';
import { AUTHORS } from './author.members.js';
import type { AuthorRow } from './author.members.js';
import type {
  AuthorDeletedResponse,
  AuthorListResponse,
  AuthorPatchRequest,
  AuthorRequest,
  AuthorResponse,
  AuthorsDeletedResponse,
  NewAuthorResponse,
} from './authors.dto.js';
import { authorExists, authorNotFound, versionPassed } from './authors.errors.js';
import { AuthorsRepository } from './authors.repository.js';

/** Each user's own records of authors. Another user's record is `author_not_found`, like one that never existed. */
@Injectable()
export class AuthorsService {
  constructor(
    private readonly authors: AuthorsRepository,
    private readonly lists: Lists,
    private readonly quota: RecordQuota,
    private readonly database: Database,
  ) {}

  /** Throws `author_exists`, `quota_exceeded`. */
  async create({ userId }: Principal, body: AuthorRequest): Promise<NewAuthorResponse> {
    await this.quota.of(AUTHORS).take(userId);
    const row = await this.authors.insert(userId, AUTHORS.toWritten(body), Date.now());
    return { message: 'new author created', ...AUTHORS.toRecord(found(row, authorExists)) };
  }

  /** A page of the caller's records. Throws `invalid_query` for a cursor of another query. */
  async list({ userId }: Principal, query: ListQuery): Promise<AuthorListResponse> {
    const { items, ...page } = await this.lists.page(AUTHORS, userId, query);
    return { list_of_authors: items, ...page };
  }

  /** Throws `author_not_found`. */
  async find({ userId }: Principal, id: string): Promise<AuthorResponse> {
    return AUTHORS.toRecord(found(await this.authors.find(userId, toId(id)), authorNotFound));
  }

  /** Throws `author_not_found`, then `precondition_failed`, then `author_exists`. */
  replace(
    { userId }: Principal,
    id: string,
    body: AuthorRequest,
    conditions: Preconditions,
  ): Promise<AuthorResponse> {
    return this.#change(tx => this.#store(tx, userId, toId(id), body, conditions));
  }

  /** Changes the fields that the patch names (RFC 7396). Throws as `replace` does. */
  patch(
    { userId }: Principal,
    id: string,
    body: AuthorPatchRequest,
    conditions: Preconditions,
  ): Promise<AuthorResponse> {
    return this.#change(async tx => {
      const before = found(await this.authors.findToChange(tx, userId, toId(id)), authorNotFound);
      const after = applyMergePatch(AUTHORS.toRecord(before), body) as AuthorRequest;
      return this.#store(tx, userId, before.id, after, conditions);
    });
  }

  /** Deletes the selected records of now in slices, while `goesOn` returns true. */
  async deleteMany(
    { userId }: Principal,
    selection: Selection,
    goesOn: () => Promise<boolean>,
  ): Promise<AuthorsDeletedResponse> {
    const deleted = await this.lists.delete(AUTHORS, userId, selection, goesOn);
    return { message: 'authors deleted', deleted };
  }

  /** Throws `author_not_found`, then `precondition_failed`. */
  async delete(
    { userId }: Principal,
    id: string,
    conditions: Preconditions,
  ): Promise<AuthorDeletedResponse> {
    const number = toId(id);
    return this.database.write(async tx => {
      if (!(await this.authors.delete(tx, userId, number, conditions.ruleFor(number)))) {
        throw await this.#missing(tx, userId, number, conditions);
      }
      return { message: 'Author deleted' };
    });
  }

  async #change(work: (tx: Transaction) => Promise<AuthorRow>): Promise<AuthorResponse> {
    try {
      return AUTHORS.toRecord(await this.database.write(work));
    } catch (error) {
      throw isDuplicate(error) ? authorExists() : error;
    }
  }

  async #store(
    tx: Transaction,
    ownerId: number,
    id: number,
    body: AuthorRequest,
    conditions: Preconditions,
  ): Promise<AuthorRow> {
    const fields = AUTHORS.toWritten(body);
    const rule = conditions.ruleFor(id);
    const row = await this.authors.update(tx, ownerId, id, fields, rule, Date.now());
    if (row === undefined) {
      throw await this.#missing(tx, ownerId, id, conditions);
    }
    return row;
  }

  /** Why a statement with a version rule found no record. */
  async #missing(
    tx: Transaction,
    ownerId: number,
    id: number,
    conditions: Preconditions,
  ): Promise<Error> {
    const row = await this.authors.find(ownerId, id, tx);
    return row === undefined ? authorNotFound() : versionPassed(conditions.failedField(row));
  }
}

/** A text that is no id is the id of no record. */
function toId(text: string): number {
  return found(parseId(text), authorNotFound);
}
