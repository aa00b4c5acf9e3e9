import type { Dialect } from '../database/database.types.js';
import { sortKey } from '../text/fold.js';
import type { Filter } from './list-parameters.js';
import type { Sort } from './sort.js';
import type { Place } from './pages.js';
import type { Resource } from './resource.js';
import { behind, counted, isRangeOf, keysOf, orderOf, Params, passing } from './statement-parts.js';
import type { Statement } from './statement-parts.js';

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

/** Which records, without their order. */
export type Chosen = Whose & Pick<Part, 'words'>;

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

  /** How many records pass the filters of one field, counted up to `most`. */
  size({ ownerId, filters }: Whose, most: number): Statement {
    const params = new Params();
    return counted(params.of(this.#group('1', ownerId, filters, most, params)));
  }

  /** The ids of any `limit` records of a selection. */
  some(part: Omit<Part, 'sort'>): Statement {
    const params = new Params();
    return params.ofLong(`${this.#selected('id', part, params)} LIMIT ${params.add(part.limit)}`);
  }

  /** A page out of the few records, at most `most`, that pass the filters of one field. */
  few(part: Part, filters: readonly Filter[], most: number): Statement {
    const params = new Params();
    const columns = this.#columns(part.sort);
    const few = this.#group(this.#walked(part.sort), part.ownerId, filters, most, params);
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
    const range = part.filters.filter(isRangeOf(part.sort));
    const slice = `${this.#next(part, this.#walked(part.sort), params, range)} LIMIT ${params.add(rows)}`;
    const keys = this.#next(part, keysOf(part.sort), params, range);
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
    const range = part.filters.filter(isRangeOf(part.sort));
    const columns = `${keysOf(part.sort)}, words`;
    const sample = `${this.#next(part, columns, params, range)} LIMIT ${params.add(rows)}`;
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
  all(whose: Chosen, columns = this.resource.columns): Statement {
    const params = new Params();
    // SQLite would sort the rows of a range's index before the first is read.
    const exact = whose.filters.filter(({ operator }) => operator === '=');
    const ranges = this.#unindexed(whose.filters.filter(({ operator }) => operator !== '='));
    const filters = [...exact, ...ranges];
    return params.ofLong(`${this.#selected(columns, { ...whose, filters }, params)} ORDER BY id`);
  }

  /** Deletes those of these records that still are in the selection. */
  delete(whose: Chosen, ids: readonly number[]): Statement {
    const params = new Params();
    const list = params.add(JSON.stringify(ids));
    const values =
      this.dialect === 'sqlite'
        ? `SELECT value FROM json_each(${list})`
        : `SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(${list} AS json))`;
    // Each slice would read the whole index of a filter.
    const owner: Filter = { member: 'owner_id', operator: '=', value: whose.ownerId };
    const filters = this.#unindexed([owner, ...whose.filters]);
    const conditions = [...passing(filters, params), ...this.#hasWords(whose.words, params)];
    return params.ofLong(`DELETE FROM ${this.resource.table}
WHERE id IN (${values}) AND ${conditions.join(' AND ')}`);
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
    // The place implies the bound behind it, of which SQLite would use only one.
    const behindIt = sort.descending ? '<' : '>=';
    const left = after
      ? filters.filter(each => !isRangeOf(sort)(each) || each.operator !== behindIt)
      : filters;
    const rows = `SELECT ${columns} FROM ${this.resource.table} WHERE ${this.#owned(ownerId, left, params)}`;
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
      .filter(
        ({ member, operator }) => operator === '=' && this.resource.orderOf(member) !== member,
      )
      .map(filter => ({
        ...filter,
        member: this.resource.orderOf(filter.member),
        value: sortKey(String(filter.value)),
      }));
    return [`owner_id = ${params.add(ownerId)}`, ...passing([...folded, ...filters], params)].join(
      ' AND ',
    );
  }

  #conditions({ filters, words }: Part, params: Params): string[] {
    return [...passing(filters, params), ...this.#hasWords(words, params)];
  }

  /** At most `most` rows that pass the filters of one field, along its index. */
  #group(
    columns: string,
    ownerId: number,
    filters: readonly Filter[],
    most: number,
    params: Params,
  ): string {
    const isOneValue = filters.some(({ operator }) => operator === '=');
    const member = isOneValue ? 'id' : filters[0].member;
    return `SELECT ${columns} FROM ${this.resource.table} WHERE ${this.#owned(ownerId, filters, params)}
  ORDER BY ${keysOf({ member })} LIMIT ${params.add(most)}`;
  }

  #selected(columns: string, { ownerId, filters, words }: Chosen, params: Params): string {
    const conditions = [this.#owned(ownerId, filters, params), ...this.#hasWords(words, params)];
    return `SELECT ${columns} FROM ${this.resource.table} WHERE ${conditions.join(' AND ')}`;
  }

  /** A plus keeps SQLite from using the index of a column. */
  #unindexed(filters: readonly Filter[]): Filter[] {
    const plus = this.dialect === 'sqlite' ? '+' : '';
    return filters.map(filter => ({ ...filter, member: plus + filter.member }));
  }

  #hasWords(words: readonly string[], params: Params, column = 'words'): string[] {
    return words.map(
      word => `${FIND[this.dialect]}(' ' || ${column}, ${params.add(` ${word}`)}) > 0`,
    );
  }
}
