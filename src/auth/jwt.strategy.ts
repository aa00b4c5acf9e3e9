import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Principal } from '../http/principal.js';
import { tokenInvalid } from './auth.errors.js';
import { BearerStrategy } from './bearer.strategy.js';
import { SessionsService } from './sessions/sessions.service.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { looksPersonal } from './tokens/personal-token.js';
import { PersonalTokensService } from './tokens/personal-tokens.service.js';

/** Tells who calls by the token of a request: an access token whose session stands, or a personal access token. */
@Injectable()
export class JwtStrategy extends PassportStrategy(BearerStrategy, 'jwt') {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionsService,
    private readonly personalTokens: PersonalTokensService,
  ) {
    super();
  }

  /** Throws `token_invalid`. */
  async validate(token: string): Promise<Principal> {
    const principal = looksPersonal(token)
      ? await this.personalTokens.principal(token)
      : await this.#ofAccessToken(token);
    if (principal === undefined) {
      throw tokenInvalid();
    }
    return principal;
  }

  async #ofAccessToken(token: string): Promise<Principal | undefined> {
    const claims = await this.accessTokens.verify(token);
    const principal = claims && (await this.sessions.principal(claims.sid));
    return principal?.publicId === claims?.sub ? principal : undefined;
  }
}
