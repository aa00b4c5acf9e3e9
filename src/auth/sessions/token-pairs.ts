import { Injectable } from '@nestjs/common';
import { KeyRing } from '../keys/key-ring.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { sealRefreshToken } from './refresh-token.js';
import type { TokenPairResponse } from './sessions.dto.js';
import type { OpenSession } from './sessions.service.js';

/** Makes the two tokens that stand for a session. */
@Injectable()
export class TokenPairs {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly keys: KeyRing,
  ) {}

  async of(session: OpenSession): Promise<TokenPairResponse> {
    return {
      token: await this.accessTokens.sign(session),
      token_type: 'Bearer',
      expires_in: this.accessTokens.lifetime,
      refresh_token: sealRefreshToken(this.keys.serverKey(), session.id, session.generation),
      refresh_expires_in: Math.max(0, Math.floor((session.expiresAt - Date.now()) / 1000)),
      session_id: session.id,
    };
  }
}
