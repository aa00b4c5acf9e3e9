import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';

const JSON_ONLY = ['application/json'] as const;

/** A media type with no parameter but `charset=utf-8`; anything looser has been a way past validators before. */
const CONTENT_TYPE =
  /^([a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64})(?:[ \t]*;[ \t]*charset="?utf-8"?)?[ \t]*$/;

/**
 * Refuses a body of a type that the route does not take: 415, with `Accept-Post` (RFC 7240 style list, W3C LDP)
 * or `Accept-Patch` (RFC 5789) naming those that it does.
 */
export function checkContentType(request: FastifyRequest): void {
  if (!hasBody(request)) {
    return;
  }
  const accepted = request.routeOptions.config?.consumes ?? JSON_ONLY;
  const type = CONTENT_TYPE.exec((request.headers['content-type'] ?? '').toLowerCase())?.[1];
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (type !== undefined && accepted.includes(type) && encoding === 'identity') {
    return;
  }
  const header = request.method === 'PATCH' ? 'accept-patch' : 'accept-post';
  throw new Problem('unsupported_media_type', {
    detail: `this route takes ${accepted.join(' or ')} in UTF-8, not compressed`,
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

/** Refuses a request that could not take any type that the route answers with: 406 (RFC 9110, 12.5.1). */
export function checkAccept(request: FastifyRequest): void {
  const { accept } = request.headers;
  if (!accept || accept.includes('*/*')) {
    return;
  }
  const produced = request.routeOptions.config?.produces ?? JSON_ONLY;
  if (!accept.split(',').some(range => takes(range, produced))) {
    throw new Problem('not_acceptable', { detail: `this route answers ${produced.join(' or ')}` });
  }
}

function takes(range: string, produced: readonly string[]): boolean {
  const [type, ...parameters] = range
    .toLowerCase()
    .split(';')
    .map(part => part.trim());
  if (parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))) {
    return false;
  }
  return produced.some(
    candidate =>
      type === candidate || (type.endsWith('/*') && candidate.startsWith(type.slice(0, -1))),
  );
}
