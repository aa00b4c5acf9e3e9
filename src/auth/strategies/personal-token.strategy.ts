import { Injectable } from '@nestjs/common';
import passport from 'passport';
import { tokenInvalid } from '../auth.errors.js';
import { isPersonalToken } from '../tokens/personal-token.js';
import { PersonalTokensService } from '../tokens/personal-tokens.service.js';
import { readToken } from './bearer-token.js';
import type { Credentials } from './bearer-token.js';

/** Authenticates by a personal access token (`lib_pat_…`); leaves every other token to the next strategy. */
@Injectable()
export class PersonalTokenStrategy extends passport.Strategy {
  constructor(private readonly tokens: PersonalTokensService) {
    super();
  }

  override authenticate(request: Credentials): void {
    const token = readToken(request);
    if (!isPersonalToken(token)) {
      this.fail();
      return;
    }
    this.tokens.principal(token).then(
      principal => (principal ? this.success(principal) : this.error(tokenInvalid())),
      error => this.error(error),
    );
  }
}
