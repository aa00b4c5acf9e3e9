import { Problem } from '../problems/problem.js';

export type Query = Record<string, string>;

const FAULT = Symbol('fault');

/** How many characters of a parameter's name an answer repeats. */
const SHOWN = 50;

/**
 * Parses a query string as `application/x-www-form-urlencoded` in UTF-8 (a plus is a space) into an object without
 * a prototype. Reads unencoded bytes beyond ASCII as UTF-8. Never throws, because Fastify calls it while it routes,
 * where an exception ends the process: `queryFault` returns what is wrong.
 */
export function parseStrictQuery(raw: string): Query {
  const query = Object.create(null) as Query;
  if (raw === '') {
    return query;
  }
  const encoded = raw.replace(/[\x80-\xff]/g, byte => `%${byte.charCodeAt(0).toString(16)}`);
  for (const pair of encoded.split('&')) {
    const fault = pair === '' ? undefined : add(query, pair);
    if (fault !== undefined) {
      return withFault(query, fault);
    }
  }
  return query;
}

/** The problem (`invalid_query`, naming the parameter) that `parseStrictQuery` found in the query, if any. */
export function queryFault(query: object): Problem | undefined {
  const fault = (query as { [FAULT]?: string })[FAULT];
  return fault === undefined ? undefined : new Problem('invalid_query', { detail: fault });
}

/** The problem (`invalid_query`) of a parameter that is none of these, if the query has one. */
export function unknownParameter(query: object, names: readonly string[]): Problem | undefined {
  const unknown = Object.keys(query).find(name => !names.includes(name));
  return unknown === undefined
    ? undefined
    : new Problem('invalid_query', { detail: `this route has no parameter ${shown(unknown)}` });
}

/** A whole number in decimal digits within the bounds; otherwise undefined. */
export function parseInteger(
  text: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

/** The id of a row, exact as a double; undefined for any other text. */
export function parseId(text: string): number | undefined {
  return parseInteger(text, { min: 1, max: Number.MAX_SAFE_INTEGER });
}

/** Adds a parameter, or returns what is wrong with it. */
function add(query: Query, pair: string): string | undefined {
  const equals = pair.indexOf('=');
  const name = decode(equals < 0 ? pair : pair.slice(0, equals));
  if (name === undefined) {
    return 'the name of a parameter is not UTF-8 in percent-encoding';
  }
  if (name.includes('\0')) {
    return 'the name of a parameter contains NUL';
  }
  if (name === '__proto__') {
    return `${shown(name)} is not known`;
  }
  if (name in query) {
    return `${shown(name)} is given more than once`;
  }
  const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
  if (value === undefined) {
    return `${shown(name)} is not UTF-8 in percent-encoding`;
  }
  if (value.includes('\0')) {
    return `${shown(name)} contains NUL`;
  }
  query[name] = value;
  return undefined;
}

function shown(name: string): string {
  return name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function withFault(query: Query, fault: string): Query {
  return Object.defineProperty(query, FAULT, { value: fault });
}
