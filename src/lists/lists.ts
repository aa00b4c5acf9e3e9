import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { LONG_READ_MS } from '../database/long-reads.js';
import { retryLater } from '../problems/problem.js';
import { queryWords } from '../text/search-words.js';
import type { ListQuery, Selection, Sort } from './list-query.js';
import { ListStatements } from './list-statements.js';
import type { Part, Statement } from './list-statements.js';
import { Pages } from './pages.js';
import type { Page, Place } from './pages.js';
import type { Members, RecordOf, Resource, RowOf, Value } from './resource.js';

/** Up to this many candidates, filter and sort them directly. */
const FEW = 2_000;
/** Rows of the first look along an index, which tells how common the words are. */
const SAMPLE = 250;
/** Rows of each further look: other owners' reads run in between. */
const SLICE = 2_000;
/** If a page of words takes more rows than this along an index, the full-text index is cheaper. */
const WALK = { least: 6_000, each: 60 } as const;
/** Words that more than this share of a sample has are not looked up in the full-text index. */
const COMMON = 0.05;

type Found = Record<string, Value> & { kept?: Value };

/**
 * The lists of every resource, each owner's own. A page costs the same among a thousand records and among a million:
 * every order has an index, and filters and words are looked for along it, or out of few candidates.
 */
@Injectable()
export class Lists {
  constructor(
    private readonly database: Database,
    private readonly pages: Pages,
  ) {}

  /** A page of the owner's records. Throws `invalid_query` for a cursor of another query. */
  async page<M extends Members>(
    resource: Resource<M>,
    ownerId: number,
    { filters, q, sort, fields, ...paging }: ListQuery,
  ): Promise<Page<RecordOf<M>>> {
    const scope = JSON.stringify([resource.table, ownerId, sort, filters, q]);
    const order = { ...sort, member: resource.orderOf(sort.member) };
    const words = q === undefined ? [] : queryWords(ownerId, q);
    const { items, next_cursor } = await this.pages.page(
      scope,
      paging,
      (after, limit) =>
        this.#find(this.#statements(resource), {
          ownerId,
          filters,
          words,
          sort: order,
          after,
          limit,
        }),
      row => placeOf(row, order),
    );
    const records = items.map(row => resource.toRecord(row as RowOf<M>));
    return { items: fields ? records.map(record => cut(record, fields)) : records, next_cursor };
  }

  /** All records of a selection, oldest first, as they are at one moment. */
  async *stream<M extends Members>(
    resource: Resource<M>,
    ownerId: number,
    { filters, q }: Selection,
  ): AsyncGenerator<RecordOf<M>> {
    const words = q === undefined ? [] : queryWords(ownerId, q);
    const { sql, params } = this.#statements(resource).all({ ownerId, filters, words });
    for await (const row of this.database.stream<RowOf<M>>(sql, params)) {
      yield resource.toRecord(row);
    }
  }

  async count(resource: Resource, ownerId: number): Promise<number> {
    return this.#count(this.#statements(resource).count({ ownerId, filters: [] }));
  }

  #statements(resource: Resource): ListStatements {
    return new ListStatements(resource, this.database.dialect);
  }

  async #find(statements: ListStatements, part: Part): Promise<Found[]> {
    const { ownerId, filters, words, sort } = part;
    if (words.length === 0 && filters.length <= (sort.member === 'id' ? 1 : 0)) {
      return this.#rows(part, statements.page(part));
    }
    for (const filter of filters) {
      const size = await this.#count(statements.count({ ownerId, filters: [filter] }, FEW));
      if (size < FEW) {
        return this.#rows(part, statements.few(part, filter, FEW));
      }
    }
    return this.#walk(statements, part);
  }

  /** Looks along the index of the order, slice by slice, or in the full-text index if the words are rare. */
  async #walk(statements: ListStatements, part: Part): Promise<Found[]> {
    const { words, sort, limit } = part;
    const found: Found[] = [];
    const deadline = performance.now() + LONG_READ_MS;
    let { after } = part;
    let walked = 0;
    for (let rows = SAMPLE + limit; ; rows = SLICE) {
      const left = { ...part, after, limit: limit - found.length };
      const slice = await this.#rows(part, statements.walk(left, rows));
      found.push(...slice.filter(({ kept }) => kept));
      if (slice.length === 0 || found.length === limit) {
        return found;
      }
      walked += rows;
      if (words.length > 0 && (limit * walked) / found.length > WALK.least + WALK.each * limit) {
        return this.#search(statements, part);
      }
      after = placeOf(slice[slice.length - 1], sort);
      if (performance.now() > deadline) {
        throw retryLater('unavailable', LONG_READ_MS / 1000, 'the search takes too long');
      }
    }
  }

  async #search(statements: ListStatements, part: Part): Promise<Found[]> {
    let rare = part.words;
    if (rare.length > 1) {
      const { sql, params } = statements.frequency(part, SAMPLE);
      const counts = Object.values((await this.database.get<Record<string, number>>(sql, params))!);
      const most = Math.max(Math.min(...counts.map(Number)), SAMPLE * COMMON);
      rare = part.words.filter((_, at) => Number(counts[at]) <= most);
    }
    return this.#rows(part, statements.search(part, rare));
  }

  #rows({ ownerId }: Part, { sql, params, isLong }: Statement): Promise<Found[]> {
    return isLong
      ? this.database.allLong<Found>(sql, params, ownerId)
      : this.database.all<Found>(sql, params);
  }

  async #count({ sql, params }: Statement): Promise<number> {
    return (await this.database.get<{ count: number }>(sql, params))!.count;
  }
}

function placeOf(row: Found, { member }: Sort): Place {
  return member === 'id' ? [row.id] : [row[member], row.id];
}

function cut<T extends object>(record: T, fields: readonly string[]): T {
  return Object.fromEntries(fields.map(field => [field, record[field as keyof T]])) as T;
}
