import type { Param } from '../database/database.types.js';
import type { Filter } from './list-parameters.js';
import type { Sort } from './sort.js';
import type { Place } from './pages.js';

export interface Statement {
  sql: string;
  params: readonly Param[];
  /** Takes more than a few milliseconds of a large list, so it must not run on the main thread. */
  isLong?: true;
}

/** The values of a statement, each with its placeholder. */
export class Params {
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

export function passing(filters: readonly Filter[], params: Params): string[] {
  return filters.map(({ member, operator, value }) => `${member} ${operator} ${params.add(value)}`);
}

/** Whether a filter bounds the range of an index that an order walks along. */
export const isRangeOf =
  (sort: Sort) =>
  ({ member, operator }: Filter): boolean =>
    member === sort.member && operator !== '=';

/** How many rows another statement finds. */
export function counted({ sql, ...statement }: Statement): Statement {
  return { ...statement, sql: `SELECT count(*) AS count FROM (${sql}) AS counted` };
}

/** Behind the place where the previous page ended, in whatever order the rows are found. */
export function behind(
  { sort, after }: { sort: Sort; after?: Place },
  params: Params,
  id = 'id',
): string {
  const beyond = sort.descending ? '<' : '>';
  const places = (after ?? []).map(each => params.add(each)).join(', ');
  return after === undefined ? 'true' : `(${keysOf(sort, id)}) ${beyond} (${places})`;
}

export function orderOf(sort: Sort, id = 'id'): string {
  const direction = sort.descending ? ' DESC' : '';
  return keysOf(sort, id).replaceAll(',', `${direction},`) + direction;
}

/** What an order compares: the column and the id. */
export function keysOf({ member }: Pick<Sort, 'member'>, id = 'id'): string {
  return member === 'id' ? id : `${member}, ${id}`;
}
