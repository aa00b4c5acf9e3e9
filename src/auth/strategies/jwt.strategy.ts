import { callbackify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { Principal } from '../../http/principal.js';
import { tokenInvalid } from '../auth.errors.js';
import { KeyRing } from '../keys/key-ring.js';
import type { VerificationKey } from '../keys/key-ring.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { ALGORITHMS, AUDIENCE, ISSUER, parseAccessToken } from '../sessions/access-token.js';
import type { AccessClaims, AccessToken } from '../sessions/access-token.js';
import { readToken } from './bearer-token.js';
import type { Credentials } from './bearer-token.js';

const CACHE_SIZE = 10_000;

/** Authenticates by an access token whose signature is good and whose session stands. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  // `private`, not `#private`: Passport runs an object that inherits from this one.
  /** Tokens whose signature was verified, oldest first: a signature does not change. */
  private readonly verified = new Map<string, AccessClaims>();

  constructor(
    private readonly keys: KeyRing,
    private readonly sessions: SessionsService,
  ) {
    super({
      algorithms: ALGORITHMS,
      issuer: ISSUER,
      audience: AUDIENCE,
      jsonWebTokenOptions: { complete: true },
      jwtFromRequest: readToken,
      passReqToCallback: true,
      // The types of passport-jwt know no KeyObject.
      secretOrKeyProvider: callbackify((_request: unknown, token: string) =>
        keyOf(token, keys),
      ) as never,
    });
  }

  /** The caller, if the signature of the token was verified before; key and session are asked for every time. */
  principalOfKnown(request: Credentials): Promise<Principal> | undefined {
    const token = readToken(request);
    const claims = this.verified.get(token);
    return claims && this.principalOf(token, claims);
  }

  /** Called by passport-jwt once the signature was verified. Throws `token_invalid`. */
  async validate(request: Credentials, { header, payload }: AccessToken): Promise<Principal> {
    const token = readToken(request);
    const claims = { sid: payload.sid, sub: payload.sub, exp: payload.exp, kid: header.kid };
    if (this.verified.size >= CACHE_SIZE) {
      const [oldest] = this.verified.keys();
      this.verified.delete(oldest);
    }
    this.verified.set(token, claims);
    return this.principalOf(token, claims);
  }

  /** The user of a session that still stands. Throws `token_invalid`. */
  async principalOfSession(id: string): Promise<Principal> {
    const principal = await this.sessions.principal(id);
    if (principal === undefined) {
      throw tokenInvalid();
    }
    return principal;
  }

  private async principalOf(token: string, claims: AccessClaims): Promise<Principal> {
    const key =
      this.keys.cachedVerificationKey(claims.kid) ?? (await this.keys.verificationKey(claims.kid));
    if (key === undefined || claims.exp <= Date.now() / 1000) {
      this.verified.delete(token);
      throw tokenInvalid();
    }
    const principal = await this.sessions.principal(claims.sid);
    if (principal?.publicId !== claims.sub) {
      throw tokenInvalid();
    }
    return principal;
  }
}

/** The key that must have signed a token of exactly our form. Throws `token_invalid`. */
async function keyOf(token: string, keys: KeyRing): Promise<VerificationKey['key']> {
  const header = parseAccessToken(token)?.header;
  const known = header && (await keys.verificationKey(header.kid));
  if (known === undefined || known.algorithm !== header?.alg) {
    throw tokenInvalid();
  }
  return known.key;
}
