import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import type { ApiQueryOptions } from '@nestjs/swagger';
import { ApiProblem } from '../problems/problem.dto.js';
import { FIELDS, MEMBERS } from './author-members.js';
import type { Member } from './author-members.js';
import { LIMIT, QUERY_MAX } from './list-query.js';

type Schema = Extract<ApiQueryOptions, { schema: unknown }>['schema'];

const TEXT: Schema = { type: 'string', minLength: 1, maxLength: 50 };
const TIME: Schema = { type: 'string', format: 'date-time' };

const FILTERS: Readonly<Record<Member, Schema>> = {
  id: { type: 'integer', format: 'int64', minimum: 1 },
  name: TEXT,
  book: TEXT,
  country: TEXT,
  booker_prize: { type: 'boolean' },
  created_at: TIME,
  updated_at: TIME,
};

const members = Object.keys(MEMBERS).join('|');

const PAGE: readonly ApiQueryOptions[] = [
  {
    name: 'limit',
    schema: {
      type: 'integer',
      format: 'int32',
      minimum: LIMIT.min,
      maximum: LIMIT.max,
      default: LIMIT.standard,
    },
  },
  {
    name: 'cursor',
    description: '`next_cursor` of the page before, with the same sort, filters and words',
    schema: { type: 'string', maxLength: 2000 },
  },
  {
    name: 'sort',
    description: 'members between commas, each with `-` for descending; ties are broken by id',
    schema: {
      type: 'string',
      pattern: `^-?(${members})(,-?(${members}))*$`,
      maxLength: 100,
      default: 'id',
    },
  },
  {
    name: 'fields',
    description: 'members between commas that the records are cut down to',
    schema: {
      type: 'string',
      pattern: `^(${FIELDS.join('|')})(,(${FIELDS.join('|')}))*$`,
      maxLength: 100,
    },
  },
];

const SELECTION: readonly ApiQueryOptions[] = [
  {
    name: 'q',
    description:
      'words, each the beginning of one in name, book or country; case and accents do not count',
    schema: { type: 'string', minLength: 1, maxLength: QUERY_MAX },
  },
  ...Object.entries(FILTERS).map(([name, schema]) => ({
    name,
    description: 'exactly this value',
    schema,
  })),
];

/** Documents the parameters that say which records are meant. */
export const ApiSelection = (): MethodDecorator => queries(SELECTION);

/** Documents all parameters of the list. */
export const ApiListQuery = (): MethodDecorator => queries([...PAGE, ...SELECTION]);

function queries(options: readonly ApiQueryOptions[]): MethodDecorator {
  return applyDecorators(
    ...options.map(option => ApiQuery({ ...option, required: false } as ApiQueryOptions)),
    ApiProblem('invalid_query'),
  );
}
