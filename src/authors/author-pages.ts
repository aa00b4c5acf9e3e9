import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Param } from '../database/database.types.js';
import { toAuthor } from './author-row.js';
import type { AuthorRow, RawAuthor } from './author-row.js';
import type { Filter } from './list-query.js';
import {
  frequencyStatement,
  groupStatement,
  indexStatements,
  nextValueStatement,
  rangeSizeStatements,
  searchStatement,
  sizeStatement,
  sortedStatement,
} from './list-statements.js';
import type { Page, Statement } from './list-statements.js';

/** So many records are looked through sooner than anything else is tried. */
const FEW = 1_000;
/** Rows that are looked at, beside those of a page, to learn what is common. */
const SAMPLE = 250;
/** Rows that are looked through at most, and for each row of a page: beyond, the other ways are cheaper. */
const WALK = { least: 6_000, each: 60 } as const;
/** The full-text index would list too many records with a word that more than this share of a sample has. */
const COMMON = 0.05;
/** Groups that are looked at one by one; a page that reaches over more of them has small ones. */
const GROUPS = 4;

/**
 * Finds pages of an owner's records at a cost that hardly depends on how many there are. Each member has an index
 * with the id; for every other order, for filters and for words there are two ways: along an index, where what is
 * meant is common, or out of the few that pass a filter or have a word, where it is rare. Looking at the next few
 * hundred rows tells which it is.
 */
@Injectable()
export class AuthorPages {
  constructor(private readonly database: Database) {}

  async find(page: Page): Promise<AuthorRow[]> {
    const { filters, words, sort, limit } = page;
    const { dialect } = this.database;
    if (filters.length === 0 && words.length === 0 && sort.length <= 2) {
      return this.#read(indexStatements(page, dialect), limit);
    }
    const sizes = await Promise.all(filters.map(filter => this.#count(page, [filter])));
    const least = filters.length === 0 ? await this.#count(page, []) : Math.min(...sizes);
    const lead = filters[sizes.indexOf(least)];
    const others = filters.filter(filter => filter !== lead);
    const led = { ...page, filters: lead === undefined ? [] : [lead, ...others] };
    if (least < FEW || (words.length === 0 && others.length === 0 && sort.length === 1)) {
      return this.#read([groupStatement(led, dialect)], limit);
    }
    return sort.length > 2 ? this.#inGroups(led) : this.#inOrderOfIndex(led);
  }

  /** An order of one member and the id, or of the id. */
  async #inOrderOfIndex(page: Page): Promise<AuthorRow[]> {
    const walked = await this.#walk(page);
    if (walked !== undefined) {
      return walked;
    }
    return page.words.length > 0
      ? this.#search(page)
      : this.#read([groupStatement(page, this.database.dialect)], page.limit);
  }

  /** An order of several members: records that are equal in the first are a group, sorted by the others. */
  async #inGroups(page: Page): Promise<AuthorRow[]> {
    const { after, limit, words } = page;
    let value = after === undefined ? await this.#nextValue(page) : after[0];
    let place = after?.slice(1);
    if (value !== undefined && words.length > 0) {
      const group = groupOf(page, value, place, limit);
      const walked = group.sort.length > 2 ? undefined : await this.#walk(group);
      return walked ?? this.#search(page);
    }
    const found: AuthorRow[] = [];
    for (let group = 0; value !== undefined; group += 1) {
      const left = limit - found.length;
      found.push(...(await this.find(groupOf(page, value, place, left))));
      if (found.length === limit) {
        break;
      }
      if (group === GROUPS - 1) {
        const rest = sortedStatement({ ...page, limit: limit - found.length }, value);
        return [...found, ...(await this.#read([rest], limit))];
      }
      place = undefined;
      value = await this.#nextValue(page, value);
    }
    return found;
  }

  /** A whole page, by looking through the next rows of an index; undefined where that takes too many. */
  async #walk(page: Page): Promise<AuthorRow[] | undefined> {
    const { limit } = page;
    const most = WALK.least + WALK.each * limit;
    let rows = SAMPLE + limit;
    for (;;) {
      const found = await this.#walkRows(page, rows);
      if (found.length === limit) {
        return found;
      }
      const needed = (limit * rows) / found.length;
      if (needed > most || rows === most) {
        return undefined;
      }
      rows = Math.min(most, Math.ceil(2 * needed));
    }
  }

  /** What is meant among the next rows; of a range of the index, so many at most, and nothing behind one that has more. */
  async #walkRows(page: Page, rows: number): Promise<AuthorRow[]> {
    const { limit } = page;
    const sizes = rangeSizeStatements(page, rows);
    const found: AuthorRow[] = [];
    for (const [range, statement] of indexStatements(page, this.database.dialect, rows).entries()) {
      found.push(...(await this.#read([statement], limit - found.length)));
      const isLast = range === sizes.length - 1;
      if (found.length === limit || isLast || (await this.#first(sizes[range])) === rows) {
        return found;
      }
    }
    return found;
  }

  /** By the full-text index, with the words that few records have. */
  async #search(page: Page): Promise<AuthorRow[]> {
    const { dialect } = this.database;
    const { words } = page;
    let rare = words;
    if (words.length > 1) {
      const { sql, params } = frequencyStatement(page, dialect, SAMPLE);
      const counts = (await this.database.get<Record<string, number | null>>(sql, params))!;
      const counted = words.map((word, at) => ({ word, count: Number(counts[`w${at}`]) }));
      const least = Math.min(...counted.map(({ count }) => count));
      const most = Math.max(least, SAMPLE * COMMON);
      rare = counted.filter(({ count }) => count <= most).map(({ word }) => word);
    }
    return this.#read([searchStatement(page, rare, dialect)], page.limit);
  }

  #count({ ownerId }: Page, filters: readonly Filter[]): Promise<number> {
    return this.#first(sizeStatement({ ownerId, filters }, FEW));
  }

  async #first({ sql, params }: Statement): Promise<number> {
    return (await this.database.get<{ count: number }>(sql, params))!.count;
  }

  async #nextValue(page: Page, behind?: Param): Promise<Param | undefined> {
    const { sql, params } = nextValueStatement(page, behind);
    return (await this.database.get<{ value: Param }>(sql, params))?.value;
  }

  /** The rows of one statement after the other, until there are so many. */
  async #read(statements: readonly Statement[], limit: number): Promise<AuthorRow[]> {
    const rows: RawAuthor[] = [];
    for (const { sql, params } of statements) {
      if (rows.length < limit) {
        rows.push(...(await this.database.all<RawAuthor>(sql, params)));
      }
    }
    return rows.slice(0, limit).map(toAuthor);
  }
}

/** The records of a page that have one value in the first member of its sort, in the order of the others. */
function groupOf(page: Page, value: Param, after: Page['after'], limit: number): Page {
  const [{ member }, ...sort] = page.sort;
  const filters = [...page.filters, { member, value: value as Filter['value'] }];
  return { ...page, filters, sort, after, limit };
}
