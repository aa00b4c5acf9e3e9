import { Problem } from './problem.js';

const fault = Symbol('fault');

/** The parameters of a query, each once. */
export type StrictQuery = Record<string, string> & { [fault]?: Problem };

const INTEGER = /^(?:0|[1-9]\d{0,15})$/;
const ID = /^[1-9]\d{0,15}$/;

/**
 * Parses a query string for Fastify. It runs while a route is looked up, where a throw would escape every handler:
 * what is wrong with it is kept beside the result, for `queryFault`.
 */
export function parseStrictQuery(raw: string): StrictQuery {
  const query = Object.create(null) as StrictQuery;
  for (const part of raw === '' ? [] : raw.split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    const wrong = faultOf(query, name, value);
    if (wrong !== undefined) {
      query[fault] = new Problem('invalid_query', { detail: wrong });
      return query;
    }
    query[name!] = value!;
  }
  return query;
}

function faultOf(query: StrictQuery, name?: string, value?: string): string | undefined {
  if (name === undefined || value === undefined) {
    return 'the query is not percent-encoded UTF-8';
  }
  if (name === '' || name.includes('\0') || value.includes('\0')) {
    return 'the query has a parameter without a name, or a NUL character';
  }
  return name in query ? `${JSON.stringify(name.slice(0, 50))} is given more than once` : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** What was wrong with the query string: Problem `invalid_query`, or undefined. */
export function queryFault(query: object): Problem | undefined {
  return (query as StrictQuery)[fault];
}

/** An integer in plain decimal digits within the bounds; undefined for everything else (`1e3`, `0x10`, `+1`, `01`). */
export function parseInteger(
  text: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const value = INTEGER.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

/** The id of a row: a positive integer in plain decimal digits, up to 2^53 − 1. */
export function parseId(text: string): number | undefined {
  const value = ID.test(text) ? Number(text) : NaN;
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
