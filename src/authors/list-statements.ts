import type { Dialect, Param } from '../database/database.types.js';
import { MEMBERS } from './author-members.js';
import type { Filter, SortTerm } from './list-query.js';

/** The columns of a record that leave the database. */
export const COLUMNS = 'id, name, book, country, booker_prize, version, created_at, updated_at';

export interface Statement {
  sql: string;
  params: Param[];
}

/** A part of an owner's records in an order. */
export interface Page {
  ownerId: number;
  filters: readonly Filter[];
  sort: readonly SortTerm[];
  /** The values of the sort's members where the page before ended. */
  after?: readonly Param[];
  limit: number;
}

/** The page without a search: one range of one index. */
export function pageStatement(page: Page): Statement {
  const params: Param[] = [];
  const where = whereOf(page, params);
  const sql = `SELECT ${COLUMNS} FROM authors WHERE ${where} ORDER BY ${orderOf(page)} LIMIT ${bind(params, page.limit)}`;
  return { sql, params };
}

/** Those of the first `rows` of a page that have all the words. */
export function walkStatement(
  page: Page,
  words: readonly string[],
  rows: number,
  dialect: Dialect,
): Statement {
  const params: Param[] = [];
  const walked = `SELECT ${COLUMNS}, words FROM authors WHERE ${whereOf(page, params)}
    ORDER BY ${orderOf(page)} LIMIT ${bind(params, rows)}`;
  const has = hasWords(words, dialect, params);
  const sql = `SELECT ${COLUMNS} FROM (${walked}) AS walked WHERE ${has.join(' AND ')}
    ORDER BY ${orderOf(page)} LIMIT ${bind(params, page.limit)}`;
  return { sql, params };
}

/** All of the records that are meant, by id. */
export function exportStatement(
  ownerId: number,
  filters: readonly Filter[],
  words: readonly string[],
  dialect: Dialect,
): Statement {
  const params: Param[] = [];
  const where = [
    whereOf({ ownerId, filters, sort: [] }, params),
    ...hasWords(words, dialect, params),
  ];
  return { sql: `SELECT ${COLUMNS} FROM authors WHERE ${where.join(' AND ')} ORDER BY id`, params };
}

function hasWords(words: readonly string[], dialect: Dialect, params: Param[]): string[] {
  return words.map(word => `${FIND[dialect]}(' ' || words, ${bind(params, ` ${word}`)}) > 0`);
}

const FIND: Readonly<Record<Dialect, string>> = { sqlite: 'instr', postgres: 'strpos' };

/** The page by the full-text index, which gives all the records that have the words. */
export function searchStatement(page: Page, words: readonly string[], dialect: Dialect): Statement {
  const params: Param[] = [];
  const found = FOUND[dialect](params, words);
  // The order of SQLite's index is that of its row ids: by them the search can stop when the page is full.
  const id = dialect === 'sqlite' ? 'authors_search.rowid' : 'id';
  const sql = `${found} AND ${whereOf(page, params, id)}
    ORDER BY ${orderOf(page, id)} LIMIT ${bind(params, page.limit)}`;
  return { sql, params };
}

/** The records of the index come first, whatever the planner thinks of them. */
const FOUND: Readonly<Record<Dialect, (params: Param[], words: readonly string[]) => string>> = {
  sqlite: (params, words) =>
    `SELECT ${COLUMNS} FROM authors_search CROSS JOIN authors ON id = authors_search.rowid
     WHERE authors_search MATCH ${bind(params, words.map(word => `"${word}" *`).join(' AND '))}`,
  postgres: (params, words) =>
    `WITH found AS MATERIALIZED (
       SELECT * FROM authors WHERE array_to_tsvector(string_to_array(words, ' '))
         @@ CAST(${bind(params, words.map(word => `'${word}':*`).join(' & '))} AS tsquery)
     ) SELECT ${COLUMNS} FROM found WHERE true`,
};

function whereOf(page: Omit<Page, 'limit'>, params: Param[], id = 'id'): string {
  return [
    `owner_id = ${bind(params, page.ownerId)}`,
    ...page.filters.map(
      ({ member, value }) => `${MEMBERS[member].column} = ${bind(params, value)}`,
    ),
    ...(page.after === undefined ? [] : [afterOf(page.sort, page.after, params, id)]),
  ].join(' AND ');
}

function orderOf({ sort }: Page, id = 'id'): string {
  return sort.map(term => columnOf(term, id) + (term.descending ? ' DESC' : '')).join(', ');
}

/** Behind where the page before ended: one comparison of rows where all goes one way, which an index serves best. */
function afterOf(
  sort: readonly SortTerm[],
  after: readonly Param[],
  params: Param[],
  id: string,
): string {
  const places = after.map(value => bind(params, value));
  const columns = sort.map(term => columnOf(term, id));
  if (sort.every(term => term.descending === sort[0].descending)) {
    return `(${columns.join(', ')}) ${beyond(sort[0])} (${places.join(', ')})`;
  }
  const compare = (at: number): string => `${columns[at]} ${beyond(sort[at])} ${places[at]}`;
  const last = sort.length - 1;
  let strictly = compare(last);
  for (let at = last - 1; at >= 0; at -= 1) {
    strictly = `(${compare(at)} OR (${columns[at]} = ${places[at]} AND ${strictly}))`;
  }
  // Implied by the rest, but a range that an index can start from.
  return `${columns[0]} ${beyond(sort[0])}= ${places[0]} AND ${strictly}`;
}

function columnOf({ member }: SortTerm, id: string): string {
  return member === 'id' ? id : MEMBERS[member].column;
}

function beyond({ descending }: SortTerm): string {
  return descending ? '<' : '>';
}

function bind(params: Param[], value: Param): string {
  params.push(value);
  return `$${params.length}`;
}
