import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { Problem } from '../problems/problem.js';

const PROBLEM = 'application/problem+json';
const JSON_ONLY = ['application/json'] as const;
/** The charsets of a body; us-ascii is a part of utf-8. */
const UTF_8: readonly string[] = ['utf-8', 'us-ascii'];

const TOKEN = "[a-z0-9!#$%&'*+.^_`|~-]+";
const TYPE = new RegExp(`${TOKEN}/${TOKEN}`, 'y');
/** RFC 9110, 5.6.6: a parameter may be empty, and has no space around its equals sign. */
const PARAMETER = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${TOKEN})=(${TOKEN}|"(?:[^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\[\\t -~])*"))?`,
  'y',
);

/** A media type in lower case, without its parameters, and every charset that it names. */
interface ContentType {
  type: string;
  charsets: string[];
}

/** The media type that a `Content-Type` field names (RFC 9110, 8.3); undefined if it is malformed. */
export function parseContentType(field = ''): ContentType | undefined {
  const text = field.toLowerCase();
  TYPE.lastIndex = 0;
  const type = TYPE.exec(text)?.[0];
  if (type === undefined) {
    return undefined;
  }
  const charsets: string[] = [];
  let at = type.length;
  for (;;) {
    PARAMETER.lastIndex = at;
    const [parameter, name, value] = PARAMETER.exec(text) ?? [];
    if (parameter === undefined) {
      return text.slice(at).trim() === '' ? { type, charsets } : undefined;
    }
    if (name === 'charset') {
      charsets.push(value.replace(/^"|"$|\\(.)/g, '$1'));
    }
    at += parameter.length;
  }
}

/** Whether the header section announces a body; a chunked one may still turn out empty. */
export function announcesBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Why a chunked body will be refused unless it turns out empty. */
const refusals = new WeakMap<FastifyRequest, Problem>();

/**
 * Refuses a body of another type than the route accepts: 415 with `Accept-Post` (W3C LDP), `Accept-Patch` or, for a
 * compressed body, `Accept-Encoding`. Without a body the type describes nothing (RFC 9110, 8.3), so it is dropped.
 */
export function checkContentType(request: FastifyRequest): void {
  const { headers, method, routeOptions } = request;
  if (method === 'GET' || method === 'HEAD') {
    return;
  }
  const refusal = refusalOf(request);
  if (refusal === undefined) {
    return;
  }
  const needsBody = routeOptions.config?.consumes !== undefined;
  if (announcesBody(request) && (needsBody || headers['transfer-encoding'] === undefined)) {
    throw refusal;
  }
  refusals.set(request, refusal);
  delete headers['content-type'];
}

/** Whether the type of the body is none that the route accepts. */
export const isRefused = (request: FastifyRequest): boolean => refusals.has(request);

/** The parser of a body without an acceptable type: undefined if it is empty, otherwise it throws the refusal. */
export async function refuseUnlessEmpty(request: FastifyRequest, body: Readable): Promise<void> {
  for await (const _chunk of body.iterator({ destroyOnReturn: false })) {
    throw refusals.get(request) ?? new Problem('unsupported_media_type');
  }
}

function refusalOf({ headers, method, routeOptions }: FastifyRequest): Problem | undefined {
  const { consumes = JSON_ONLY, readsTypeParameters } = routeOptions.config ?? {};
  const given = parseContentType(headers['content-type']);
  const field = method === 'PATCH' ? 'accept-patch' : 'accept-post';
  const types = method === 'DELETE' ? {} : { [field]: consumes.join(', ') };
  const refuse = (detail: string, more = {}): Problem =>
    new Problem('unsupported_media_type', { detail, headers: { ...types, ...more } });
  if (given === undefined || !consumes.includes(given.type)) {
    return refuse(`this route accepts ${consumes.join(' or ')}`);
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    const detail = 'this route accepts no compressed body: send it without Content-Encoding';
    return refuse(detail, { 'accept-encoding': 'identity' });
  }
  return readsTypeParameters || given.charsets.every(each => UTF_8.includes(each))
    ? undefined
    : refuse(`the charset of the body must be ${UTF_8.join(' or ')}`);
}

/** Refuses a request whose `Accept` leaves no type that the route produces: 406 (RFC 9110, 12.5.1). */
export function checkAccept({ headers, method, routeOptions }: FastifyRequest): void {
  if (!headers.accept || headers.accept === '*/*') {
    return;
  }
  const produced = routeOptions.config?.produces ?? JSON_ONLY;
  if (preferredType(headers, produced) === undefined && !takesProblems(method, headers.accept)) {
    throw new Problem('not_acceptable', { detail: `this route produces ${produced.join(' or ')}` });
  }
}

/** Generated clients accept problems alone where success has no body. */
function takesProblems(method: string, accept: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && accept.includes(PROBLEM);
}

/** The one of these types that `Accept` likes best, or undefined if it takes none of them. */
export function preferredType<T extends string>(
  headers: IncomingHttpHeaders,
  types: readonly T[],
): T | undefined {
  // Every text goes out in UTF-8, so a caller may name that charset.
  const offers = types.map(type => (type.includes(';') ? type : `${type}; charset=utf-8`));
  const preferred = new Negotiator({ headers }).mediaType(offers);
  return preferred === undefined ? undefined : types[offers.indexOf(preferred)];
}
