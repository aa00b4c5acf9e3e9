import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { Problem } from '../problems/problem.js';

const JSON_ONLY = ['application/json'] as const;

/** A media type with no parameter except `charset=utf-8`: looser patterns have let bodies bypass validation. */
const CONTENT_TYPE =
  /^([a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64})(?:[ \t]*;[ \t]*charset="?utf-8"?)?[ \t]*$/;

/** Refuses a body of another type than the route accepts: 415 with `Accept-Post` (W3C LDP) or `Accept-Patch`. */
export function checkContentType(request: FastifyRequest): void {
  if (!hasBody(request)) {
    return;
  }
  const { consumes: accepted = JSON_ONLY, readsTypeParameters } = request.routeOptions.config ?? {};
  const given = (request.headers['content-type'] ?? '').toLowerCase();
  const type = CONTENT_TYPE.exec(readsTypeParameters ? given.split(';', 1)[0] : given)?.[1];
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (type !== undefined && accepted.includes(type) && encoding === 'identity') {
    return;
  }
  const header = request.method === 'PATCH' ? 'accept-patch' : 'accept-post';
  throw new Problem('unsupported_media_type', {
    detail: `this route accepts ${accepted.join(' or ')}${readsTypeParameters ? '' : ' in UTF-8'}, not compressed`,
    headers: request.method === 'DELETE' ? {} : { [header]: accepted.join(', ') },
  });
}

function hasBody({ method, headers }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') {
    return false;
  }
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Refuses a request whose `Accept` leaves no type that the route produces: 406 (RFC 9110, 12.5.1). */
export function checkAccept({ headers, routeOptions }: FastifyRequest): void {
  if (!headers.accept || headers.accept === '*/*') {
    return;
  }
  const produced = routeOptions.config?.produces ?? JSON_ONLY;
  if (preferredType(headers, produced) === undefined) {
    throw new Problem('not_acceptable', { detail: `this route produces ${produced.join(' or ')}` });
  }
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
