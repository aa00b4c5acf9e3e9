import type { Dialect, Param } from '../database/database.types.js';
import { sortKey } from '../text/fold.js';
import type { Filter, Sort } from './list-query.js';
import type { Place } from './pages.js';
import type { Resource } from './resource.js';

export interface Statement {
  sql: string;
  params: readonly Param[];
  /** Takes more than a few milliseconds of a large list, so it must not run on the main thread. */
  isLong?: true;
}

/** Part of an owner's records, in an order. */
export interface Part {
  ownerId: number;
  filters: readonly Filter[];
  /** What each record must have, as `queryWords` returns them. */
  words: readonly string[];
  /** By a column: `Resource.orderOf` names that of a member. */
  sort: Sort;
  /** Where the previous page ended. */
  after?: Place;
  limit: number;
}

type Whose = Pick<Part, 'ownerId' | 'filters'>;

/** A walk of more rows is long. */
const SHORT_WALK = 500;
/** So is a page of more records. */
const SHORT_PAGE = 200;

/** How each database finds a text in a text. */
const FIND: Readonly<Record<Dialect, string>> = { sqlite: 'instr', postgres: 'strpos' };

/** The statements that lists make of a resource's table. The owner comes first in each of them. */
export class ListStatements {
  constructor(
    private readonly resource: Resource,
    private readonly dialect: Dialect,
  ) {}

  /** A page along an index: of all records, or of those that pass a filter, in the order of their ids. */
  page(part: Part): Statement {
    const params = new Params();
    const rows = this.#next(part, this.#columns(part.sort), params, part.filters);
    const of = part.limit > SHORT_PAGE ? 'ofLong' : 'of';
    return params[of](`${rows} LIMIT ${params.add(part.limit)}`);
  }

  /** How many records pass the filters, counted up to `most` if given. */
  count({ ownerId, filters }: Whose, most?: number): Statement {
    const params = new Params();
    const from = `FROM ${this.resource.table} WHERE ${this.#owned(ownerId, filters, params)}`;
    return params.of(
      most === undefined
        ? `SELECT count(*) AS count ${from}`
        : `SELECT count(*) AS count FROM (SELECT 1 ${from} ORDER BY id LIMIT ${params.add(most)}) AS counted`,
    );
  }

  /** A page out of the few records, at most `most`, that pass one filter. */
  few(part: Part, filter: Filter, most: number): Statement {
    const params = new Params();
    const { table } = this.resource;
    const columns = this.#columns(part.sort);
    const few = `SELECT ${this.#walked(part.sort)} FROM ${table} WHERE ${this.#owned(part.ownerId, [filter], params)}
  ORDER BY id LIMIT ${params.add(most)}`;
    const conditions = [...this.#conditions(part, params), behind(part, params)];
    return params.ofLong(`SELECT ${columns} FROM (${few}) AS few
WHERE ${conditions.join(' AND ')} ORDER BY ${orderOf(part.sort)} LIMIT ${params.add(part.limit)}`);
  }

  /**
   * Those of the next `rows` rows along an index that pass filters and words (`kept`). If they do not fill the page,
   * the last of the rows comes too, as the place to go on from.
   */
  walk(part: Part, rows: number): Statement {
    const params = new Params();
    const columns = this.#columns(part.sort);
    const slice = `${this.#next(part, this.#walked(part.sort), params)} LIMIT ${params.add(rows)}`;
    const keys = this.#next(part, keysOf(part.sort), params);
    const last = `SELECT id FROM (${keys} LIMIT 1 OFFSET ${params.add(rows - 1)}) AS keys`;
    const kept = this.#conditions(part, params).join(' AND ');
    const of = rows > SHORT_WALK ? 'ofLong' : 'of';
    return params[of](`SELECT ${columns}, kept FROM (
  SELECT ${columns}, (${kept}) AS kept FROM (${slice}) AS slice) AS walked
WHERE kept OR id = (${last}) ORDER BY ${orderOf(part.sort)} LIMIT ${params.add(part.limit)}`);
  }

  /** How many of the next `rows` rows have each word. */
  frequency(part: Part, rows: number): Statement {
    const params = new Params();
    const sample = `${this.#next(part, `${keysOf(part.sort)}, words`, params)} LIMIT ${params.add(rows)}`;
    const counts = this.#hasWords(part.words, params).map(
      (has, at) => `sum(CASE WHEN ${has} THEN 1 ELSE 0 END) AS w${at}`,
    );
    return params.of(`SELECT ${counts.join(', ')} FROM (${sample}) AS sample`);
  }

  /** A page out of all records that the full-text index finds by the rare words. */
  search(part: Part, rare: readonly string[]): Statement {
    const params = new Params();
    const { table } = this.resource;
    const found = this.#found(rare, this.#columns(part.sort), params);
    // By SQLite's row id the search can stop when the page is full.
    const id = this.dialect === 'sqlite' ? `${table}_search.rowid` : 'id';
    const common = part.words.filter(word => !rare.includes(word));
    const conditions = [
      this.#owned(part.ownerId, part.filters, params),
      ...this.#hasWords(common, params, this.dialect === 'sqlite' ? `${table}.words` : 'words'),
      behind(part, params, id),
    ];
    return params.ofLong(`${found} AND ${conditions.join(' AND ')}
ORDER BY ${orderOf(part.sort, id)} LIMIT ${params.add(part.limit)}`);
  }

  /** All records of a selection, by id. */
  all({ ownerId, filters, words }: Whose & Pick<Part, 'words'>): Statement {
    const params = new Params();
    const { columns, table } = this.resource;
    const where = [this.#owned(ownerId, filters, params), ...this.#hasWords(words, params)].join(
      ' AND ',
    );
    return params.ofLong(`SELECT ${columns} FROM ${table} WHERE ${where} ORDER BY id`);
  }

  /**
   * The rows behind a place in the order of an index, for a LIMIT. SQLite would read all rows with an equal value
   * to find where a comparison of pairs begins: there, each range has its own SELECT.
   */
  #next(
    { ownerId, sort, after }: Part,
    columns: string,
    params: Params,
    filters: readonly Filter[] = [],
  ): string {
    const rows = `SELECT ${columns} FROM ${this.resource.table} WHERE ${this.#owned(ownerId, filters, params)}`;
    const order = ` ORDER BY ${orderOf(sort)}`;
    if (after === undefined) {
      return rows + order;
    }
    if (sort.member === 'id' || this.dialect === 'postgres') {
      return `${rows} AND ${behind({ sort, after }, params)}${order}`;
    }
    const [value, id] = after.map(each => params.add(each));
    const beyond = sort.descending ? '<' : '>';
    return `${rows} AND ${sort.member} = ${value} AND id ${beyond} ${id}
UNION ALL ${rows} AND ${sort.member} ${beyond} ${value}${order}`;
  }

  #found(words: readonly string[], columns: string, params: Params): string {
    const { table } = this.resource;
    return this.dialect === 'sqlite'
      ? `SELECT ${columns} FROM ${table}_search CROSS JOIN ${table} ON id = ${table}_search.rowid
WHERE ${table}_search MATCH ${params.add(words.map(word => `"${word}" *`).join(' AND '))}`
      : `WITH found AS MATERIALIZED (
  SELECT * FROM ${table} WHERE array_to_tsvector(string_to_array(words, ' '))
    @@ CAST(${params.add(words.map(word => `'${word}':*`).join(' & '))} AS tsquery)
) SELECT ${columns} FROM found WHERE true`;
  }

  /** What a row needs so that filters and words can be looked for in it. */
  #walked(sort: Sort): string {
    const columns = this.#columns(sort);
    return this.resource.searched.length > 0 ? `${columns}, words` : columns;
  }

  /** A record, and what its place in the order is. */
  #columns({ member }: Sort): string {
    const { columns, names } = this.resource;
    return names.includes(member) ? columns : `${columns}, ${member}`;
  }

  /** A text has no index but that of its folded form. */
  #owned(ownerId: number, filters: readonly Filter[], params: Params): string {
    const folded = filters
      .filter(({ member }) => this.resource.orderOf(member) !== member)
      .map(({ member, value }) => ({
        member: this.resource.orderOf(member),
        value: sortKey(String(value)),
      }));
    return [`owner_id = ${params.add(ownerId)}`, ...equal([...folded, ...filters], params)].join(
      ' AND ',
    );
  }

  #conditions({ filters, words }: Part, params: Params): string[] {
    return [...equal(filters, params), ...this.#hasWords(words, params)];
  }

  #hasWords(words: readonly string[], params: Params, column = 'words'): string[] {
    return words.map(
      word => `${FIND[this.dialect]}(' ' || ${column}, ${params.add(` ${word}`)}) > 0`,
    );
  }
}

/** The values of a statement, each with its placeholder. */
class Params {
  readonly #values: Param[] = [];

  add(value: Param): string {
    return `$${this.#values.push(value)}`;
  }

  of(sql: string): Statement {
    return { sql, params: this.#values };
  }

  ofLong(sql: string): Statement {
    return { ...this.of(sql), isLong: true };
  }
}

function equal(filters: readonly Filter[], params: Params): string[] {
  return filters.map(({ member, value }) => `${member} = ${params.add(value)}`);
}

/** Behind the place where the previous page ended, in whatever order the rows are found. */
function behind({ sort, after }: Pick<Part, 'sort' | 'after'>, params: Params, id = 'id'): string {
  const beyond = sort.descending ? '<' : '>';
  const places = (after ?? []).map(each => params.add(each)).join(', ');
  return after === undefined ? 'true' : `(${keysOf(sort, id)}) ${beyond} (${places})`;
}

function orderOf(sort: Sort, id = 'id'): string {
  const direction = sort.descending ? ' DESC' : '';
  return keysOf(sort, id).replaceAll(',', `${direction},`) + direction;
}

/** What an order compares: the column and the id. */
function keysOf({ member }: Sort, id = 'id'): string {
  return member === 'id' ? id : `${member}, ${id}`;
}
