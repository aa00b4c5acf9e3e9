import type { FastifyRequest } from 'fastify';
import { tokenAmbiguous, tokenMissing } from '../auth.errors.js';

/** What a strategy gets of a request. */
export interface Credentials {
  readonly headers: FastifyRequest['headers'];
  /** The token, once it was read. */
  token?: string;
}

/**
 * The token of `Authorization: Bearer` (RFC 6750, 2.1) or of `x-access-tokens`, which the tutorial's clients send.
 * Never reads the query (RFC 6750, 2.3). Throws `token_missing`, and `invalid_request` for two tokens or a bad header.
 */
export function readToken(request: Credentials): string {
  request.token ??= extractToken(request.headers);
  return request.token;
}

function extractToken(headers: Credentials['headers']): string {
  const { authorization, 'x-access-tokens': custom } = headers;
  const bearer = authorization === undefined ? undefined : readBearer(authorization);
  if (Array.isArray(custom)) {
    throw tokenAmbiguous('more than one x-access-tokens header');
  }
  if (bearer !== undefined && custom !== undefined && bearer !== custom) {
    throw tokenAmbiguous('Authorization and x-access-tokens carry different tokens');
  }
  const token = bearer ?? custom;
  if (token === undefined || token === '') {
    throw tokenMissing();
  }
  return token;
}

/** The token of a `Bearer` header; undefined for another scheme. */
function readBearer(authorization: string): string | undefined {
  const [scheme] = authorization.split(' ', 1);
  if (scheme.toLowerCase() !== 'bearer') {
    return undefined;
  }
  const token = authorization.slice(scheme.length + 1);
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
    throw tokenAmbiguous('the Authorization header is malformed');
  }
  return token;
}
