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

/** The page without a search. */
export function pageStatement(page: Page): Statement {
  const params: Param[] = [];
  return { sql: orderedRows(page, page.limit, COLUMNS, params), params };
}

/** Those of the first `rows` of a page that have all the words. */
export function walkStatement(
  page: Page,
  words: readonly string[],
  rows: number,
  dialect: Dialect,
): Statement {
  const params: Param[] = [];
  const walked = orderedRows(page, rows, `${COLUMNS}, words`, params);
  const has = hasWords(words, dialect, params);
  const sql = `SELECT ${COLUMNS} FROM (${walked}) AS walked WHERE ${has.join(' AND ')}
    ORDER BY ${orderOf(page)} LIMIT ${bind(params, page.limit)}`;
  return { sql, params };
}

/**
 * The rows behind a place, each kind from the range of an index where it begins: those that differ from the place
 * only in the last member of the sort, those that differ in the last but one, and so on. One comparison of rows says
 * the same, but SQLite would read all that are equal in the first member to find where to begin.
 */
function orderedRows(page: Page, limit: number, columns: string, params: Param[]): string {
  const where = whereOf(page, params);
  const places = (page.after ?? []).map(value => bind(params, value));
  const rest = `ORDER BY ${orderOf(page)} LIMIT ${bind(params, limit)}`;
  const rows = (conditions: readonly string[]): string =>
    `SELECT ${columns} FROM authors WHERE ${[where, ...conditions].join(' AND ')} ${rest}`;
  const kinds = places
    .map((_, at) => [
      ...page.sort.slice(0, at).map((term, before) => `${columnOf(term)} = ${places[before]}`),
      `${columnOf(page.sort[at])} ${beyond(page.sort[at])} ${places[at]}`,
    ])
    .reverse();
  if (kinds.length <= 1) {
    return rows(kinds[0] ?? []);
  }
  const parts = kinds.map((kind, index) => `SELECT * FROM (${rows(kind)}) AS kind_${index}`);
  return `SELECT * FROM (${parts.join(' UNION ALL ')}) AS kinds ${rest}`;
}

/** All of the records that are meant, by id. */
export function exportStatement(
  ownerId: number,
  filters: readonly Filter[],
  words: readonly string[],
  dialect: Dialect,
): Statement {
  const params: Param[] = [];
  const where = [whereOf({ ownerId, filters }, params), ...hasWords(words, dialect, params)];
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
  const sql = `${found} AND ${whereOf(page, params)} AND ${afterOf(page, params, id)}
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

function whereOf({ ownerId, filters }: Pick<Page, 'ownerId' | 'filters'>, params: Param[]): string {
  return [
    `owner_id = ${bind(params, ownerId)}`,
    ...filters.map(({ member, value }) => `${MEMBERS[member].column} = ${bind(params, value)}`),
  ].join(' AND ');
}

function orderOf({ sort }: Page, id = 'id'): string {
  return sort.map(term => columnOf(term, id) + (term.descending ? ' DESC' : '')).join(', ');
}

/** Behind the place where the page before ended, in whatever order the rows are found. */
function afterOf({ sort, after }: Page, params: Param[], id: string): string {
  if (after === undefined) {
    return 'true';
  }
  const columns = sort.map(term => columnOf(term, id));
  const places = after.map(value => bind(params, value));
  return sort
    .map((term, at) => `${columns[at]} ${beyond(term)} ${places[at]}`)
    .reduceRight(
      (behind, differs, at) => `(${differs} OR (${columns[at]} = ${places[at]} AND ${behind}))`,
    );
}

function columnOf({ member }: SortTerm, id = 'id'): string {
  return member === 'id' ? id : MEMBERS[member].column;
}

function beyond({ descending }: SortTerm): string {
  return descending ? '<' : '>';
}

function bind(params: Param[], value: Param): string {
  params.push(value);
  return `$${params.length}`;
}
