import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';
import { parseInteger } from '../http/strict-query.js';
import { FIELDS, MEMBERS } from './author-members.js';
import type { Field, Member } from './author-members.js';
import { hasWords } from './search-words.js';

export interface SortTerm {
  member: Member;
  descending: boolean;
}

export interface Filter {
  member: Member;
  value: string | number | boolean;
}

/** Which records are meant. */
export interface Selection {
  filters: readonly Filter[];
  /** Words that each record must have. */
  q?: string;
}

/** A page of a list, as the query asks for it. */
export interface ListQuery extends Selection {
  /** The parameters as they came, for the link to the next page. */
  given: Readonly<Record<string, string>>;
  sort: readonly SortTerm[];
  limit: number;
  cursor?: string;
  fields?: readonly Field[];
}

export const LIMIT = { min: 1, max: 500, standard: 100 } as const;
export const QUERY_MAX = 200;
const CURSOR_MAX = 2000;
const BY_ID: readonly SortTerm[] = [{ member: 'id', descending: false }];

type Given = Readonly<Record<string, string>>;

/** Throws `invalid_query` for a parameter that is unknown, empty or wrong. */
export function parseListQuery(given: Given): ListQuery {
  const query: ListQuery = { given, filters: [], sort: BY_ID, limit: LIMIT.standard };
  const filters: Filter[] = [];
  for (const [name, value] of Object.entries(given)) {
    refuseEmpty(name, value);
    if (Object.hasOwn(READERS, name)) {
      READERS[name](query, value);
    } else {
      filters.push(parseFilter(name, value));
    }
  }
  query.filters = filters;
  return query;
}

/** The parameters of a list that say which records are meant; `others` are somebody else's. */
export function parseSelection(given: Given, others: readonly string[]): Selection {
  const filters: Filter[] = [];
  let q: string | undefined;
  for (const [name, value] of Object.entries(given)) {
    refuseEmpty(name, value);
    if (name === 'q') {
      q = parseWords(value);
    } else if (!others.includes(name)) {
      filters.push(parseFilter(name, value));
    }
  }
  return { filters, q };
}

/** Injects the query of a list. */
export const Listing = createParamDecorator((_: unknown, context: ExecutionContext): ListQuery =>
  parseListQuery(context.switchToHttp().getRequest<FastifyRequest>().query as Given),
);

const READERS: Readonly<Record<string, (query: ListQuery, value: string) => void>> = {
  limit: (query, value) => {
    const limit = parseInteger(value, LIMIT);
    query.limit = limit ?? refuse('limit', `must be an integer from ${LIMIT.min} to ${LIMIT.max}`);
  },
  cursor: (query, value) => {
    query.cursor = value.length <= CURSOR_MAX ? value : refuse('cursor', 'must be a cursor');
  },
  sort: (query, value) => {
    query.sort = parseSort(value);
  },
  q: (query, value) => {
    query.q = parseWords(value);
  },
  fields: (query, value) => {
    query.fields = parseFields(value);
  },
};

/** What comes after the id decides nothing any more, and the id itself decides last. */
function parseSort(value: string): SortTerm[] {
  const terms: SortTerm[] = [];
  for (const part of value.split(',')) {
    const descending = part.startsWith('-');
    const member = descending ? part.slice(1) : part;
    if (!isMember(member) || terms.some(term => term.member === member)) {
      refuse('sort', `must be some of ${Object.keys(MEMBERS).join(', ')}, each once`);
    }
    terms.push({ member, descending });
  }
  const id = terms.findIndex(term => term.member === 'id');
  return id < 0
    ? [...terms, { member: 'id', descending: terms[terms.length - 1].descending }]
    : terms.slice(0, id + 1);
}

function parseWords(value: string): string {
  if (value.length > QUERY_MAX || !hasWords(value)) {
    refuse('q', `must be 1 to ${QUERY_MAX} characters with a word among them`);
  }
  return value;
}

function parseFields(value: string): Field[] {
  const names = value.split(',');
  const known = FIELDS.filter(field => names.includes(field));
  return known.length === names.length
    ? known
    : refuse('fields', `must be some of ${FIELDS.join(', ')}, each once`);
}

function parseFilter(name: string, text: string): Filter {
  if (!isMember(name)) {
    throw new Problem('invalid_query', {
      detail: `${JSON.stringify(name.slice(0, 50))} is not known`,
    });
  }
  const value = MEMBERS[name].parse(text);
  return { member: name, value: value ?? refuse(name, `must be ${MEMBERS[name].takes}`) };
}

function isMember(name: string): name is Member {
  return Object.hasOwn(MEMBERS, name);
}

function refuseEmpty(name: string, value: string): void {
  if (value === '') {
    refuse(JSON.stringify(name.slice(0, 50)), 'is empty');
  }
}

function refuse(name: string, fault: string): never {
  throw new Problem('invalid_query', { detail: `${name} ${fault}` });
}
