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
import type { Credentials } from './strategies/bearer-token.js';
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

  canActivate(context: ExecutionContext): true | Promise<true> {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    return isAdmitted(request) || this.#admit(request);
  }

  /** Decides before the body is read: a stranger's is neither asked for nor parsed. */
  onModuleInit(): void {
    const server = this.host.httpAdapter?.getInstance<FastifyInstance>();
    server?.addHook('onRequest', async request => {
      if (request.method !== 'OPTIONS' && !isAdmitted(request)) {
        await this.#admit(request);
      }
    });
  }

  async #admit(request: GuardedRequest): Promise<true> {
    const rule = ruleOf(request);
    request.user = await this.#authenticate(request);
    checkRule(rule, request.user);
    request.stillAllowed = async () => checkRule(rule, await this.#again(request));
    return true;
  }

  /** The caller now. An access token that has expired since the request began does not end the request. */
  #again(request: GuardedRequest): Promise<Principal> {
    const sessionId = request.user?.sessionId;
    return sessionId === undefined
      ? this.#authenticate(request)
      : this.jwt.principalOfSession(sessionId);
  }

  /**
   * Passport runs only for a token whose signature was not verified before. It is called as AuthGuard does, with less:
   * AuthGuard costs 14 % of a light route. Strategies are objects, since their names would be those of all
   * applications of the process.
   */
  async #authenticate({ headers }: FastifyRequest): Promise<Principal> {
    const credentials = { headers };
    return this.jwt.principalOfKnown(credentials) ?? this.#runStrategies(credentials);
  }

  #runStrategies(credentials: Credentials): Promise<Principal> {
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
      passport.authenticate(strategies, { session: false }, settle)(credentials, {}, reject);
    });
  }
}

function ruleOf({ routeOptions }: FastifyRequest): AccessRule {
  return routeOptions.config.access ?? SESSION_ONLY;
}

function isAdmitted(request: GuardedRequest): boolean {
  return ruleOf(request).public === true || request.user !== undefined;
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
