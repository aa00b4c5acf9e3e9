import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext, OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import passport from 'passport';
import type { AccessRule } from '../http/access-rule.js';
import type { StillAllowed } from '../http/access.js';
import type { Principal } from '../http/principal.js';
import { Problem } from '../problems/problem.js';
import {
  adminRequired,
  confirmationRequired,
  insufficientScope,
  sessionRequired,
  tokenInvalid,
} from './auth.errors.js';
import { JwtStrategy } from './strategies/jwt.strategy.js';
import { PersonalTokenStrategy } from './strategies/personal-token.strategy.js';

type GuardedRequest = FastifyRequest & { user?: Principal; stillAllowed?: StillAllowed };

const SESSION_ONLY: AccessRule = {};

/** How long a session is fresh after a login or a confirmation (milliseconds). */
const FRESH_MS = 5 * 60_000;

/**
 * Guards every route, closed by default: a route without a rule takes a session and no other token.
 * Rights are those of this moment, not of the moment when the token was made.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate, OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly jwt: JwtStrategy,
    private readonly personalTokens: PersonalTokenStrategy,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    await this.#admit(context.switchToHttp().getRequest<GuardedRequest>());
    return true;
  }

  /** Decides before the body is read: a stranger's is neither asked for nor parsed. */
  onModuleInit(): void {
    const server = this.host.httpAdapter?.getInstance<FastifyInstance>();
    server?.addHook('onRequest', async request => {
      if (request.method !== 'OPTIONS') {
        await this.#admit(request as GuardedRequest);
      }
    });
  }

  async #admit(request: GuardedRequest): Promise<void> {
    const rule = request.routeOptions.config.access ?? SESSION_ONLY;
    if (!rule.public && request.user === undefined) {
      request.user = await this.#authenticate(request);
      checkRule(rule, request.user);
      request.stillAllowed = async () => checkRule(rule, await this.#again(request));
    }
  }

  /** The caller now. An access token that has expired since the request began does not end the request. */
  #again(request: GuardedRequest): Promise<Principal> {
    const sessionId = request.user?.sessionId;
    return sessionId === undefined
      ? this.#authenticate(request)
      : this.jwt.principalOfSession(sessionId);
  }

  /**
   * Calls Passport as AuthGuard does, with less: AuthGuard costs 14 % of a light route. Strategies are objects, since
   * their names would be those of all applications of the process.
   */
  #authenticate({ headers }: FastifyRequest): Promise<Principal> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown, user: Principal | false, failures: unknown): void => {
        if (user) {
          resolve(user);
        } else {
          reject((error as Error | null) ?? problemAmong(failures) ?? tokenInvalid());
        }
      };
      // Passport writes each request's `success` and `fail` onto what it gets: never the shared strategy.
      const strategies = [this.personalTokens, this.jwt].map(each => Object.create(each) as string);
      passport.authenticate(strategies, { session: false }, settle)({ headers }, {}, reject);
    });
  }
}

/** passport-jwt reports a problem of its key provider, such as `unavailable`, as one of the failures. */
function problemAmong(failures: unknown): Problem | undefined {
  return Array.isArray(failures) ? failures.find(each => each instanceof Problem) : undefined;
}

function checkRule(rule: AccessRule, { scopes, admin, confirmedAt = 0 }: Principal): void {
  if (scopes !== undefined && !rule.anyToken) {
    if (rule.scope === undefined) {
      throw sessionRequired();
    }
    if (!scopes.includes(rule.scope)) {
      throw insufficientScope(rule.scope);
    }
  }
  if (rule.admin && !admin) {
    throw adminRequired();
  }
  if (rule.fresh && confirmedAt <= Date.now() - FRESH_MS) {
    throw confirmationRequired(FRESH_MS / 1000);
  }
}
