import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { LONG_READ_MS } from '../database/long-reads.js';
import { Turns } from '../database/turns.js';
import { retryLater } from '../problems/problem.js';
import { queryWords } from '../text/search-words.js';
import type { ListQuery, Selection } from './list-query.js';
import { ListStatements } from './list-statements.js';
import type { Chosen, Part } from './list-statements.js';
import { Pages } from './pages.js';
import type { Page, Place } from './pages.js';
import type { Members, RecordOf, Resource, RowOf, Value } from './resource.js';
import { BY_ID } from './sort.js';
import type { Sort } from './sort.js';
import { counted, isRangeOf } from './statement-parts.js';
import type { Statement } from './statement-parts.js';

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
/** Records are counted up to this number. */
export const COUNTED = 10_000;

/** How many records a list has: exact up to 10,000. */
export type Total = { total: number } | { total_at_least: number };

/** Each holds the ids of its records in memory. */
const DELETIONS = { atOnce: 8, perOwner: 2, waiting: 0, patienceMs: 10_000 } as const;

type Found = Record<string, Value> & { kept?: Value };
type Count = { count: number };

/**
 * The lists of every resource, each owner's own. A page costs the same among a thousand records and among a million:
 * every order has an index, and filters and words are looked for along it, or out of few candidates.
 */
@Injectable()
export class Lists {
  readonly #deletions = new Turns('deletions', DELETIONS);

  constructor(
    private readonly database: Database,
    private readonly pages: Pages,
  ) {}

  /** A page of the owner's records. Throws `invalid_query` for a cursor of another query. */
  async page<M extends Members>(
    resource: Resource<M>,
    ownerId: number,
    { filters, q, sort, fields, count, ...paging }: ListQuery,
  ): Promise<Page<RecordOf<M>> & Partial<Total>> {
    const scope = JSON.stringify([resource.table, ownerId, sort, filters, q]);
    const order = { ...sort, member: resource.orderOf(sort.member) };
    const statements = this.#statements(resource);
    const whose = selected(ownerId, { filters, q });
    const { items, next_cursor } = await this.pages.page(
      scope,
      paging,
      (after, limit) => this.#find(statements, { ...whose, sort: order, after, limit }),
      row => placeOf(row, order),
    );
    const records = items.map(row => resource.toRecord(row as RowOf<M>));
    return {
      items: fields ? records.map(record => cut(record, fields)) : records,
      next_cursor,
      ...(count && (await this.#total(statements, { ...whose, sort: BY_ID, limit: COUNTED + 1 }))),
    };
  }

  /** All records of a selection, oldest first, as they are at one moment. */
  async *stream<M extends Members>(
    resource: Resource<M>,
    ownerId: number,
    selection: Selection,
  ): AsyncGenerator<RecordOf<M>> {
    const { sql, params } = this.#statements(resource).all(selected(ownerId, selection));
    for await (const row of this.database.stream<RowOf<M>>(sql, params)) {
      yield resource.toRecord(row);
    }
  }

  /**
   * Deletes the records of a selection in slices, and returns how many. Spares records that are created after the
   * start, and those that leave the selection before their slice. Stops when `goesOn` returns false or throws.
   */
  async delete(
    resource: Resource,
    ownerId: number,
    selection: Selection,
    goesOn: () => Promise<boolean>,
  ): Promise<number> {
    const statements = this.#statements(resource);
    const whose = selected(ownerId, selection);
    return this.#deletions.run(ownerId, async () => {
      const ids: number[] = [];
      const { sql, params } = statements.all(whose, 'id');
      for await (const { id } of this.database.stream<{ id: number }>(sql, params)) {
        ids.push(id);
      }
      let at = 0;
      return this.database.inSlices(async size => {
        const slice = ids.slice(at, at + size);
        at += size;
        return slice.length > 0 && (await goesOn()) ? statements.delete(whose, slice) : undefined;
      });
    });
  }

  /** How many records the owner has. */
  async count(resource: Resource, ownerId: number): Promise<number> {
    const all = this.#statements(resource).all({ ownerId, filters: [], words: [] }, 'id');
    const { sql, params } = counted(all);
    return (await this.database.get<Count>(sql, params))!.count;
  }

  #statements(resource: Resource): ListStatements {
    return new ListStatements(resource, this.database.dialect);
  }

  async #find(statements: ListStatements, part: Part): Promise<Found[]> {
    if (part.words.length === 0 && isAlongIndex(part)) {
      return this.#rows(part, statements.page(part));
    }
    const few = await this.#few(statements, part);
    return few ? this.#rows(part, few) : this.#walk(statements, part);
  }

  async #total(statements: ListStatements, part: Part): Promise<Total> {
    let rows = await this.#few(statements, part);
    if (rows === undefined && part.words.length > 0) {
      const counts = await this.#frequencies(statements, part);
      const rare = part.words.filter((_, at) => counts[at] <= SAMPLE * COMMON);
      rows = rare.length > 0 ? statements.search(part, rare) : undefined;
    }
    const { sql, params } = counted(rows ?? statements.some(part));
    const [{ count }] = await this.database.allLong<Count>(sql, params, part.ownerId);
    return count > COUNTED ? { total_at_least: COUNTED } : { total: count };
  }

  /** Out of the records that pass the filters of one field, if these are few. */
  async #few(statements: ListStatements, part: Part): Promise<Statement | undefined> {
    for (const member of new Set(part.filters.map(filter => filter.member))) {
      const filters = part.filters.filter(filter => filter.member === member);
      const { sql, params } = statements.size({ ...part, filters }, FEW);
      const { count } = (await this.database.get<Count>(sql, params))!;
      if (count < FEW) {
        return statements.few(part, filters, FEW);
      }
    }
    return undefined;
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
      const counts = await this.#frequencies(statements, part);
      const most = Math.max(Math.min(...counts), SAMPLE * COMMON);
      rare = part.words.filter((_, at) => counts[at] <= most);
    }
    return this.#rows(part, statements.search(part, rare));
  }

  /** How many of a sample have each word. */
  async #frequencies(statements: ListStatements, part: Part): Promise<number[]> {
    const { sql, params } = statements.frequency(part, SAMPLE);
    const [counts] = await this.database.allLong<Record<string, number>>(sql, params, part.ownerId);
    return Object.values(counts).map(Number);
  }

  #rows({ ownerId }: Part, { sql, params, isLong }: Statement): Promise<Found[]> {
    return isLong
      ? this.database.allLong<Found>(sql, params, ownerId)
      : this.database.all<Found>(sql, params);
  }
}

/** Whether one index has the page in its order: that of the sort, or that of an exact filter by id. */
function isAlongIndex({ filters, sort }: Part): boolean {
  const isOneValue = filters.length === 1 && filters[0].operator === '=';
  return filters.every(isRangeOf(sort)) || (sort.member === 'id' && isOneValue);
}

function selected(ownerId: number, { filters, q }: Selection): Chosen {
  return { ownerId, filters, words: q === undefined ? [] : queryWords(ownerId, q) };
}

function placeOf(row: Found, { member }: Sort): Place {
  return member === 'id' ? [row.id] : [row[member], row.id];
}

function cut<T extends object>(record: T, fields: readonly string[]): T {
  return Object.fromEntries(fields.map(field => [field, record[field as keyof T]])) as T;
}
