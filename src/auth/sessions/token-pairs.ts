import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { KeyRing } from '../keys/key-ring.js';
import { TYPE } from './access-token.js';
import { signRefreshToken } from './refresh-token.js';
import type { TokenPairResponse } from './sessions.dto.js';

/** A session that has just begun or was refreshed. */
export interface OpenSession {
  readonly id: string;
  readonly generation: number;
  readonly user: { readonly publicId: string };
  /** How long its refresh token is valid (milliseconds). */
  readonly refreshTtl: number;
}

/** Signs the access token and the refresh token of a session. */
@Injectable()
export class TokenPairs {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: KeyRing,
    @InjectConfig() private readonly config: Config,
  ) {}

  async issue(session: OpenSession): Promise<TokenPairResponse> {
    const lifetime = Math.floor(this.config.accessTokenTtl / 1000);
    return {
      token: await this.#signAccessToken(session, lifetime),
      token_type: 'Bearer',
      expires_in: lifetime,
      refresh_token: signRefreshToken(await this.keys.serverKey(), session.id, session.generation),
      refresh_expires_in: Math.floor(session.refreshTtl / 1000),
      session_id: session.id,
    };
  }

  async #signAccessToken({ id, user }: OpenSession, lifetime: number): Promise<string> {
    const { kid, algorithm, key } = await this.keys.signingKey();
    return this.jwt.sign(
      { public_id: user.publicId, sid: id },
      {
        privateKey: key,
        algorithm,
        header: { alg: algorithm, typ: TYPE, kid },
        subject: user.publicId,
        expiresIn: lifetime,
        jwtid: randomBytes(16).toString('base64url'),
      },
    );
  }
}
