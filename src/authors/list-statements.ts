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
  /** Ends with the id. */
  sort: readonly SortTerm[];
  /** The values of the sort's members where the page before ended. */
  after?: readonly Param[];
  limit: number;
  /** What each record must have, as `queryWords` gives them. */
  words: readonly string[];
}

type Whose = Pick<Page, 'ownerId' | 'filters'>;

/**
 * A page whose order has an index of its own (one member and the id), read along it: one statement for each range of
 * it, since SQLite would read all that are equal in the member to find where a comparison of rows begins.
 * With `rows`, filters and words are looked for in so many rows of each range, and no further.
 */
export function indexStatements(page: Page, dialect: Dialect, rows?: number): Statement[] {
  return rangesOf(page).map(range => {
    const params: Param[] = [];
    const { ownerId, filters, words, limit } = page;
    const order = `ORDER BY ${orderOf(page)}`;
    if (rows === undefined) {
      const where = [whereOf({ ownerId, filters }, params), ...range(params)].join(' AND ');
      const sql = `SELECT ${COLUMNS} FROM authors WHERE ${where} ${order} LIMIT ${bind(params, limit)}`;
      return { sql, params };
    }
    const where = [whereOf({ ownerId, filters: [] }, params), ...range(params)].join(' AND ');
    const walked = `SELECT ${COLUMNS}, words FROM authors WHERE ${where} ${order} LIMIT ${bind(params, rows)}`;
    const kept = [...equalities(filters, params), ...hasWords(words, dialect, params)];
    const sql = `SELECT ${COLUMNS} FROM (${walked}) AS walked WHERE ${kept.join(' AND ')} ${order}
      LIMIT ${bind(params, limit)}`;
    return { sql, params };
  });
}

/** How many rows there are in each range of `indexStatements`, counted up to `most`. */
export function rangeSizeStatements(page: Page, most: number): Statement[] {
  return rangesOf(page).map(range => {
    const params: Param[] = [];
    const { ownerId } = page;
    const where = [whereOf({ ownerId, filters: [] }, params), ...range(params)].join(' AND ');
    return countUpTo(most, where, params, orderOf(page));
  });
}

/** How many of the first `rows` of a page have each word. */
export function frequencyStatement(page: Page, dialect: Dialect, rows: number): Statement {
  const params: Param[] = [];
  const where = `${whereOf(page, params)} LIMIT ${bind(params, rows)}`;
  const counts = hasWords(page.words, dialect, params).map(
    (has, at) => `sum(CASE WHEN ${has} THEN 1 ELSE 0 END) AS w${at}`,
  );
  const sql = `SELECT ${counts.join(', ')} FROM (SELECT words FROM authors WHERE ${where}) AS sampled`;
  return { sql, params };
}

/** The page out of all the records that pass the first of the filters, or out of all there are; they ought to be few. */
export function groupStatement(page: Page, dialect: Dialect): Statement {
  const params: Param[] = [];
  const isById = page.sort[0].member === 'id';
  // A plus keeps SQLite from the index of another column, along which it would hope to meet the few sooner.
  const plus = dialect === 'sqlite' ? '+' : '';
  const columns = page.sort.map(term => (isById ? '' : plus) + columnOf(term));
  const conditions = [
    whereOf({ ownerId: page.ownerId, filters: page.filters.slice(0, 1) }, params),
    ...equalities(page.filters.slice(1), params, plus),
    ...hasWords(page.words, dialect, params),
    afterOf(page, params, columns),
  ];
  const sql = `SELECT ${COLUMNS} FROM authors WHERE ${conditions.join(' AND ')}
    ORDER BY ${orderOf(page, columns)} LIMIT ${bind(params, page.limit)}`;
  return { sql, params };
}

/** A page behind a value of the first member of its sort: groups that are equal in that member are sorted whole. */
export function sortedStatement(page: Page, behind: Param): Statement {
  const params: Param[] = [];
  const [first] = page.sort;
  const sql = `SELECT ${COLUMNS} FROM authors
    WHERE ${whereOf(page, params)} AND ${columnOf(first)} ${beyond(first)} ${bind(params, behind)}
    ORDER BY ${orderOf(page)} LIMIT ${bind(params, page.limit)}`;
  return { sql, params };
}

/** The value of the first member of the sort where a page begins, or behind a value of it. */
export function nextValueStatement(page: Page, behind?: Param): Statement {
  const params: Param[] = [];
  const [first] = page.sort;
  const column = columnOf(first);
  const conditions = [whereOf(page, params)];
  if (behind !== undefined) {
    conditions.push(`${column} ${beyond(first)} ${bind(params, behind)}`);
  }
  const sql = `SELECT ${column} AS value FROM authors WHERE ${conditions.join(' AND ')}
    ORDER BY ${orderOf({ sort: [first] })} LIMIT 1`;
  return { sql, params };
}

/** How many records pass the filters. */
export function countStatement(whose: Whose): Statement {
  const params: Param[] = [];
  const sql = `SELECT count(*) AS count FROM authors WHERE ${whereOf(whose, params)}`;
  return { sql, params };
}

/** How many records pass the filters, counted up to `most`. */
export function sizeStatement(whose: Whose, most: number): Statement {
  const params: Param[] = [];
  return countUpTo(most, whereOf(whose, params), params);
}

/** All of the records that are meant, by id. */
export function exportStatement(
  whose: Whose,
  words: readonly string[],
  dialect: Dialect,
): Statement {
  const params: Param[] = [];
  const where = [whereOf(whose, params), ...hasWords(words, dialect, params)];
  return { sql: `SELECT ${COLUMNS} FROM authors WHERE ${where.join(' AND ')} ORDER BY id`, params };
}

/**
 * The page by the full-text index, which gives all the records that have the rare words; the common ones are looked
 * for in those.
 */
export function searchStatement(page: Page, rare: readonly string[], dialect: Dialect): Statement {
  const params: Param[] = [];
  const found = FOUND[dialect](params, rare);
  // The order of SQLite's index is that of its row ids: by them the search can stop when the page is full.
  const id = dialect === 'sqlite' ? 'authors_search.rowid' : 'id';
  const words = dialect === 'sqlite' ? 'authors.words' : 'words';
  const columns = page.sort.map(term => columnOf(term, id));
  const common = page.words.filter(word => !rare.includes(word));
  const conditions = [
    whereOf(page, params),
    ...hasWords(common, dialect, params, words),
    afterOf(page, params, columns),
  ];
  const sql = `${found} AND ${conditions.join(' AND ')}
    ORDER BY ${orderOf(page, columns)} LIMIT ${bind(params, page.limit)}`;
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

const FIND: Readonly<Record<Dialect, string>> = { sqlite: 'instr', postgres: 'strpos' };

function hasWords(
  words: readonly string[],
  dialect: Dialect,
  params: Param[],
  column = 'words',
): string[] {
  return words.map(word => `${FIND[dialect]}(' ' || ${column}, ${bind(params, ` ${word}`)}) > 0`);
}

/** The ranges of an index that lie behind a place: equal in the member and beyond in the id, and beyond in the member. */
function rangesOf({ sort, after }: Page): ((params: Param[]) => string[])[] {
  if (after === undefined) {
    return [() => []];
  }
  return sort
    .map((term, at) => (params: Param[]) => [
      ...sort
        .slice(0, at)
        .map((equal, before) => `${columnOf(equal)} = ${bind(params, after[before])}`),
      `${columnOf(term)} ${beyond(term)} ${bind(params, after[at])}`,
    ])
    .reverse();
}

/** In the order of an index, or PostgreSQL might read all of the rows to find the first. */
function countUpTo(most: number, where: string, params: Param[], order = 'id'): Statement {
  const rows = `SELECT 1 FROM authors WHERE ${where} ORDER BY ${order} LIMIT ${bind(params, most)}`;
  return { sql: `SELECT count(*) AS count FROM (${rows}) AS counted`, params };
}

function whereOf({ ownerId, filters }: Whose, params: Param[]): string {
  return [`owner_id = ${bind(params, ownerId)}`, ...equalities(filters, params)].join(' AND ');
}

function equalities(filters: readonly Filter[], params: Param[], plus = ''): string[] {
  return filters.map(
    ({ member, value }) => `${plus}${MEMBERS[member].column} = ${bind(params, value)}`,
  );
}

function orderOf({ sort }: Pick<Page, 'sort'>, columns = sort.map(term => columnOf(term))): string {
  return sort.map((term, at) => columns[at] + (term.descending ? ' DESC' : '')).join(', ');
}

/** Behind the place where the page before ended, in whatever order the rows are found. */
function afterOf({ sort, after }: Page, params: Param[], columns: readonly string[]): string {
  if (after === undefined) {
    return 'true';
  }
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
