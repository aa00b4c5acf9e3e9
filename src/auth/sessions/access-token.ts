import { parseStrictJson } from '../../http/strict-json.js';
import type { SigningAlgorithm } from '../keys/signing-key.entity.js';

export const ISSUER = 'library-api';
export const AUDIENCE = 'library-api';
export const ALGORITHMS: SigningAlgorithm[] = ['HS256', 'ES256'];
/** RFC 9068: so that no other kind of JWT passes for an access token. */
export const TYPE = 'at+jwt';
/** How far the clocks of two replicas may differ (seconds). */
const SKEW_S = 60;
/** The longest that ACCESS_TOKEN_TTL can be (seconds). */
const MAX_LIFETIME_S = 86_400;
const MAX_LENGTH = 4096;
const SESSION_ID = /^[\w-]{22}$/;

/** An access token in parts. */
export interface AccessToken {
  readonly header: { readonly alg: string; readonly typ: string; readonly kid: string };
  readonly payload: { readonly sid: string; readonly sub: string; readonly exp: number };
}

/** What is used of an access token; `exp` is in seconds since the epoch. */
export interface AccessClaims {
  readonly kid: string;
  readonly sid: string;
  readonly sub: string;
  readonly exp: number;
}

/** The parts of a token of exactly the form that this server writes (RFC 8725), signature unchecked; else undefined. */
export function parseAccessToken(token: string): AccessToken | undefined {
  const segments = token.split('.');
  if (token.length > MAX_LENGTH || segments.length !== 3 || !segments.every(isCanonical)) {
    return undefined;
  }
  try {
    const [header, payload] = segments
      .slice(0, 2)
      .map(segment => parseStrictJson(Buffer.from(segment, 'base64url')));
    return isHeader(header) && isPayload(payload) ? { header, payload } : undefined;
  } catch {
    return undefined;
  }
}

function isCanonical(segment: string): boolean {
  return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHeader(value: unknown): value is AccessToken['header'] {
  if (!isObject(value)) {
    return false;
  }
  const { alg, typ, kid, ...others } = value;
  return (
    typeof alg === 'string' &&
    typ === TYPE &&
    typeof kid === 'string' &&
    Object.keys(others).length === 0
  );
}

function isPayload(value: unknown): value is AccessToken['payload'] {
  if (!isObject(value)) {
    return false;
  }
  const { sid, sub, public_id, jti, iat, exp, nbf, aud, iss } = value;
  return (
    [sid, sub, public_id, jti].every(each => typeof each === 'string') &&
    SESSION_ID.test(sid as string) &&
    iss === ISSUER &&
    aud === AUDIENCE &&
    sub === public_id &&
    nbf === undefined &&
    isTime(iat) &&
    isTime(exp) &&
    exp > iat &&
    exp - iat <= MAX_LIFETIME_S &&
    iat <= Date.now() / 1000 + SKEW_S
  );
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
