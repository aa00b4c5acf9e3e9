import { parseInteger } from '../http/strict-query.js';
import { countWords } from '../text/search-words.js';
import { schemaOf } from './member.dto.js';
import type { Schema } from './member.dto.js';
import type { Member, Resource, Value } from './resource.js';

/** What a record's field must be. */
export interface Filter {
  member: string;
  operator: '=' | '>=' | '<';
  value: Value;
}

/** A parameter of a list: how it is documented, and how it is read. */
export interface Parameter {
  schema: Schema;
  description?: string;
  /** What a value must be. */
  takes: string;
  /** Returns undefined for a text that is no such value. */
  parse: (text: string) => unknown;
  /** What the value is compared with, if it selects records. */
  filter?: Omit<Filter, 'value'>;
}

export type Parameters = Readonly<Record<string, Parameter>>;

export const LIMIT = { min: 1, max: 500, default: 100 } as const;
const QUERY_MAX = 200;
/** Each word is looked for in each record that a search reads. */
const WORDS_MAX = 8;
const CURSOR_MAX = 2000;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** The parameters of every list. */
export const PAGE: Parameters = {
  limit: {
    schema: {
      type: 'integer',
      format: 'int32',
      minimum: LIMIT.min,
      maximum: LIMIT.max,
      default: LIMIT.default,
    },
    description: 'the number of records on a page',
    takes: `an integer from ${LIMIT.min} to ${LIMIT.max}`,
    parse: text => parseInteger(text, LIMIT),
  },
  cursor: {
    schema: { type: 'string', maxLength: CURSOR_MAX },
    description: '`next_cursor` of the previous page; repeat its sort, filters and `q`',
    takes: 'a cursor',
    parse: text => (text.length <= CURSOR_MAX ? text : undefined),
  },
};

/** How a query writes a value of each type. */
const VALUES: Readonly<Record<Member['type'], Pick<Parameter, 'takes' | 'parse'>>> = {
  text: { takes: 'a text', parse: text => text },
  integer: {
    takes: 'a positive integer',
    parse: text => parseInteger(text, { min: 1, max: Number.MAX_SAFE_INTEGER }),
  },
  boolean: {
    takes: 'true or false',
    parse: text => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  },
  time: {
    takes: 'an RFC 3339 time such as 2026-01-31T12:00:00.000Z; write + as %2B',
    parse: parseTime,
  },
};

/** How a filter's name ends after that of its field, and how it compares. */
const FILTERS = [
  { ending: '', operator: '=', description: 'exactly this value' },
  { ending: '.gte', operator: '>=', description: 'this time or later' },
  { ending: '.lt', operator: '<', description: 'before this time' },
] as const;

/** The order, the fields and the number of a resource's records. */
export function orderAndFields({ listed, names }: Resource): Parameters {
  const field = `(${names.join('|')})`;
  return {
    sort: {
      schema: {
        type: 'string',
        enum: listed.flatMap(name => [name, `-${name}`]),
        default: 'id',
      },
      description: 'one field, with `-` for descending; records with equal values are sorted by id',
      takes: `one of ${listed.join(', ')}, with - for descending`,
      parse: text => {
        const descending = text.startsWith('-');
        const member = descending ? text.slice(1) : text;
        return listed.includes(member) ? { member, descending } : undefined;
      },
    },
    fields: {
      schema: {
        type: 'string',
        maxLength: 200,
        pattern: `^${field}(,${field})*$`,
        examples: [names.slice(0, 3).join(',')],
      },
      description: 'return only these fields, separated by commas',
      takes: `some of ${names.join(', ')}, each once`,
      parse: text => {
        const asked = text.split(',');
        const known = names.filter(name => asked.includes(name));
        return known.length === asked.length ? known : undefined;
      },
    },
    count: flag(
      'add `total`, the number of records, or `total_at_least` if there are more than 10,000',
    ),
  };
}

/** The parameters that select records: words, exact values and ranges. */
export function selection({ listed, searched, members }: Resource): Parameters {
  const q: Parameter = {
    schema: { type: 'string', minLength: 1, maxLength: QUERY_MAX },
    description: `the first letters of 1 to ${WORDS_MAX} words in ${searched.join(', ')}; ignores case and accents`,
    takes: `1 to ${QUERY_MAX} characters with 1 to ${WORDS_MAX} words`,
    parse: text => (text.length <= QUERY_MAX && hasFewWords(text) ? text : undefined),
  };
  const filters = listed.flatMap(name => {
    const { [name]: member } = members;
    const schema = { ...schemaOf(member), ...exampleOf(member) };
    return FILTERS.filter(({ operator }) => operator === '=' || 'ranged' in member).map(
      ({ ending, operator, description }): [string, Parameter] => [
        name + ending,
        { ...VALUES[member.type], schema, description, filter: { member: name, operator } },
      ],
    );
  });
  return { ...(searched.length > 0 && { q }), ...Object.fromEntries(filters) };
}

/** What the documentation shows; not `example`, which Swagger UI would fill in. */
function exampleOf(member: Member): { examples?: unknown[] } {
  const example = member.type === 'time' ? '2026-05-04T09:30:00.000Z' : member.example;
  return example === undefined ? {} : { examples: [example] };
}

/** Selects all records, where a route must not do so by an omission. */
export const ALL: Parameters = { all: flag('all of your records, instead of a filter or `q`') };

/** A parameter that is false by default. */
export function flag(description: string): Parameter {
  return {
    schema: { type: 'boolean', default: false },
    description,
    ...VALUES.boolean,
  };
}

function hasFewWords(query: string): boolean {
  const count = countWords(query);
  return count >= 1 && count <= WORDS_MAX;
}

/** Epoch milliseconds; undefined for a day that the calendar does not have, such as February 30. */
function parseTime(text: string): number | undefined {
  const ms = RFC3339.test(text) ? Date.parse(text) : NaN;
  const day = text.slice(0, 10);
  const exists = new Date(Date.parse(`${day}T00:00:00Z`) || 0).toISOString().startsWith(day);
  return Number.isNaN(ms) || !exists ? undefined : ms;
}
