import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS_RULE } from '../http/access.js';
import type { AccessRule } from '../http/access.js';
import type { Principal } from '../http/principal.js';
import { adminRequired, insufficientScope, sessionRequired } from './auth.errors.js';
import { JwtStrategy } from './jwt.strategy.js';
import { runStrategy } from './run-strategy.js';

const SESSION_ONLY: AccessRule = {};

/**
 * Stands before every route, closed by default: a route without a rule takes a session and no other token.
 * Rights are those of this moment, not of the moment when the token was made.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly strategy: JwtStrategy,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const rule =
      this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
        context.getHandler(),
        context.getClass(),
      ]) ?? SESSION_ONLY;
    if (!rule.public) {
      const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
      request.user = await runStrategy(this.strategy, request);
      checkRule(rule, request.user);
    }
    return true;
  }
}

function checkRule(rule: AccessRule, { scopes, admin }: Principal): void {
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
}
