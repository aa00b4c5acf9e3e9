import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-strategy';
import { tokenAmbiguous, tokenMissing } from './auth.errors.js';

type Verified = (error: unknown, user?: unknown) => void;

/**
 * The Passport strategy beneath `JwtStrategy`: takes the token from `Authorization: Bearer` (RFC 6750, 2.1) or from
 * `x-access-tokens`, as the tutorial's clients send it. Never from the query (RFC 6750, 2.3).
 */
export class BearerStrategy extends Strategy {
  constructor(private readonly verify: (token: string, done: Verified) => unknown) {
    super();
  }

  override authenticate(request: Pick<FastifyRequest, 'headers'>): void {
    const token = readToken(request.headers);
    this.verify(token, (error, user) => {
      if (error) {
        this.error(error as Error);
      } else {
        this.success(user as object);
      }
    });
  }
}

/** Throws `token_missing`, or `invalid_request` for two tokens or a malformed header. */
export function readToken(headers: FastifyRequest['headers']): string {
  const { authorization } = headers;
  const own = headers['x-access-tokens'];
  const bearer = authorization === undefined ? undefined : readBearer(authorization);
  if (Array.isArray(own)) {
    throw tokenAmbiguous('more than one x-access-tokens header');
  }
  if (bearer !== undefined && own !== undefined && bearer !== own) {
    throw tokenAmbiguous('Authorization and x-access-tokens carry different tokens');
  }
  const token = bearer ?? own;
  if (token === undefined || token === '') {
    throw tokenMissing();
  }
  return token;
}

/** The token of a `Bearer` header; undefined for another scheme, which is no token at all. */
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
