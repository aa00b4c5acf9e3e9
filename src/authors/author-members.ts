import { parseId } from '../http/strict-query.js';
import type { AuthorRow } from './author-row.js';

/** How a member of a record can be asked for: its column, its place in a row, and the reading of a value. */
interface MemberTraits {
  column: string;
  key: keyof AuthorRow;
  /** What a filter must be like. */
  takes: string;
  parse: (text: string) => string | number | boolean | undefined;
}

const text = (value: string): string => value;
const truth = (value: string): boolean | undefined =>
  value === 'true' || value === 'false' ? value === 'true' : undefined;

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** A time that does not exist is no time: February has no 30th to slip into March. */
function instant(value: string): number | undefined {
  const ms = RFC3339.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(ms) || !existsInCalendar(value) ? undefined : ms;
}

function existsInCalendar(value: string): boolean {
  const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value.slice(0, 10));
}

/** The members that a list can be sorted and filtered by. */
export const MEMBERS = {
  id: { column: 'id', key: 'id', takes: 'an id', parse: parseId },
  name: { column: 'name', key: 'name', takes: 'a text', parse: text },
  book: { column: 'book', key: 'book', takes: 'a text', parse: text },
  country: { column: 'country', key: 'country', takes: 'a text', parse: text },
  booker_prize: {
    column: 'booker_prize',
    key: 'bookerPrize',
    takes: 'true or false',
    parse: truth,
  },
  created_at: {
    column: 'created_at',
    key: 'createdAt',
    takes: 'an RFC 3339 time',
    parse: instant,
  },
  updated_at: {
    column: 'updated_at',
    key: 'updatedAt',
    takes: 'an RFC 3339 time',
    parse: instant,
  },
} as const satisfies Record<string, MemberTraits>;

export type Member = keyof typeof MEMBERS;

/** What an answer can be cut down to. */
export const FIELDS = [
  'id',
  'name',
  'book',
  'country',
  'booker_prize',
  'version',
  'created_at',
  'updated_at',
] as const;

export type Field = (typeof FIELDS)[number];
