import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';
import { checkAccept, checkContentType } from './media-types.js';
import { answerUnknownRoute, checkMethod } from './routes.js';
import { queryFault, unknownParameter } from './strict-query.js';

/** Characters of an address; RFC 9110, 4.1, recommends at least 8,000. */
export const URL_LIMIT = 8_192;

/** What is wrong with the target of a request, on any route or none (RFC 9112, 3.2; RFC 9110, 15.5.15). */
export function targetFault({ raw }: FastifyRequest): Problem | undefined {
  const hosts = countOf('host', raw.rawHeaders);
  if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) {
    const detail = hosts === 0 ? 'the Host header is missing' : 'more than one Host header';
    return new Problem('invalid_request', { detail, headers: { connection: 'close' } });
  }
  return raw.url!.length > URL_LIMIT ? new Problem('uri_too_long') : undefined;
}

/**
 * Refuses a request before its body is read: unknown route, wrong method, query, credentials or media type.
 * Returns the reply if it has answered (OPTIONS on a known path).
 */
export async function checkRequest(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  if (request.is404) {
    answerUnknownRoute(request, reply);
    return reply;
  }
  if (request.method === 'OPTIONS') {
    return undefined;
  }
  checkMethod(request);
  const fault = queryFault(request.query as object);
  if (fault !== undefined) {
    throw fault;
  }
  checkCredentials(request.raw.rawHeaders);
  checkAccept(request);
  checkContentType(request);
  return undefined;
}

/** Refuses a query parameter that the route does not have; runs after the guard, as a hook `preParsing`. */
export function checkParameters(
  { query, routeOptions }: FastifyRequest,
  _reply: FastifyReply,
  _body: unknown,
  done: (fault?: Problem) => void,
): void {
  done(unknownParameter(query as object, routeOptions.config?.query ?? []));
}

/** Node keeps the first of two or joins them, so a proxy may have checked the other one. */
function checkCredentials(rawHeaders: readonly string[]): void {
  for (const name of ['authorization', 'x-access-tokens']) {
    if (countOf(name, rawHeaders) > 1) {
      throw new Problem('invalid_request', { detail: `more than one ${name} header` });
    }
  }
}

function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index];
    if (field.length === name.length && field.toLowerCase() === name) {
      count += 1;
    }
  }
  return count;
}
