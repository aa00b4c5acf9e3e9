import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { parseStrictJson } from '../../http/strict-json.js';
import { KeyRing } from '../keys/key-ring.js';

const ISSUER = 'library-api';
const AUDIENCE = 'library-api';
/** RFC 9068: an access token can then never be taken for another kind of JWT, nor another for it. */
const TYPE = 'at+jwt';
/** How far the clocks of two replicas may be apart (seconds). */
const SKEW_S = 60;
/** The longest that ACCESS_TOKEN_TTL can be (seconds). */
const MAX_LIFETIME_S = 86_400;
const SESSION_ID = /^[\w-]{22}$/;
const CACHE_SIZE = 10_000;
const MAX_LENGTH = 4096;

/** What a verified access token says, as far as it is used. */
export interface AccessClaims {
  sid: string;
  sub: string;
  kid: string;
  /** Seconds since the epoch. */
  exp: number;
}

interface Parts {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
}

/**
 * Access tokens: JWTs (RFC 7519) after the rules of RFC 8725 and RFC 9068. The key is chosen by `kid`, and its own
 * algorithm is the only one taken.
 */
@Injectable()
export class AccessTokens {
  /** Tokens whose signature was good: a signature does not change, so it is computed once. Oldest first. */
  readonly #verified = new Map<string, AccessClaims>();

  constructor(
    private readonly keys: KeyRing,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Lifetime in seconds. */
  get lifetime(): number {
    return Math.floor(this.config.accessTokenTtl / 1000);
  }

  async sign(session: { id: string; user: { publicId: string } }): Promise<string> {
    const { kid, algorithm, key } = await this.keys.signingKey();
    const now = Math.floor(Date.now() / 1000);
    const { publicId } = session.user;
    const claims = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: publicId,
      public_id: publicId,
      sid: session.id,
      iat: now,
      exp: now + this.lifetime,
      jti: randomBytes(16).toString('base64url'),
    };
    return jwt.sign(claims, key, { algorithm, header: { alg: algorithm, typ: TYPE, kid } });
  }

  /** The claims of a good token; undefined for every other. Whether its session stands is not asked here. */
  async verify(token: string): Promise<AccessClaims | undefined> {
    const claims = this.#verified.get(token) ?? (await this.#verifyNew(token));
    if (claims === undefined) {
      return undefined;
    }
    if (claims.exp <= Date.now() / 1000 || !(await this.#isKeyGood(claims.kid))) {
      this.#verified.delete(token);
      return undefined;
    }
    return claims;
  }

  /** Whether the key still verifies: it may have been retired since the signature was computed. */
  async #isKeyGood(kid: string): Promise<boolean> {
    const key = this.keys.cachedVerificationKey(kid) ?? (await this.keys.verificationKey(kid));
    return key !== undefined;
  }

  async #verifyNew(token: string): Promise<AccessClaims | undefined> {
    const parts = readParts(token);
    if (parts === undefined || !isAccessHeader(parts.header) || !isAccessPayload(parts.payload)) {
      return undefined;
    }
    const { kid } = parts.header;
    const known = await this.keys.verificationKey(kid);
    if (known === undefined || !hasGoodSignature(token, known)) {
      return undefined;
    }
    const { sid, sub, exp } = parts.payload;
    const claims = { sid, sub, exp, kid };
    this.#remember(token, claims);
    return claims;
  }

  #remember(token: string, claims: AccessClaims): void {
    if (this.#verified.size >= CACHE_SIZE) {
      const [oldest] = this.#verified.keys();
      this.#verified.delete(oldest);
    }
    this.#verified.set(token, claims);
  }
}

function hasGoodSignature(
  token: string,
  { key, algorithm }: { key: Parameters<typeof jwt.verify>[1]; algorithm: jwt.Algorithm },
): boolean {
  try {
    jwt.verify(token, key, {
      algorithms: [algorithm],
      issuer: ISSUER,
      audience: AUDIENCE,
      clockTolerance: 0,
    });
    return true;
  } catch {
    return false;
  }
}

/** The two JSON parts, where the token has the one form that this server writes; undefined otherwise. */
function readParts(token: string): Parts | undefined {
  const segments = token.split('.');
  if (token.length > MAX_LENGTH || segments.length !== 3 || !segments.every(isCanonical)) {
    return undefined;
  }
  try {
    const [header, payload] = segments
      .slice(0, 2)
      .map(segment => parseStrictJson(Buffer.from(segment, 'base64url')));
    return isObject(header) && isObject(payload) ? { header, payload } : undefined;
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

function isAccessHeader(
  header: Record<string, unknown>,
): header is { alg: string; typ: string; kid: string } {
  const { alg, typ, kid, ...others } = header;
  return (
    typeof alg === 'string' &&
    typ === TYPE &&
    typeof kid === 'string' &&
    Object.keys(others).length === 0
  );
}

function isAccessPayload(
  payload: Record<string, unknown>,
): payload is { sid: string; sub: string; exp: number } {
  const { sid, sub, public_id, jti, iat, exp, nbf, aud, iss } = payload;
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
