import { Injectable } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ACCESS_RULE } from '../http/access.js';
import type { AccessRule } from '../http/access.js';
import type { Principal } from '../http/principal.js';
import { adminRequired, insufficientScope, sessionRequired } from './auth.errors.js';

const SESSION_ONLY: AccessRule = {};

/**
 * Stands before every route, closed by default: a route without a rule takes a session and no other token.
 * Rights are those of this moment, not of the moment when the token was made.
 */
@Injectable()
export class AccessGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule =
      this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
        context.getHandler(),
        context.getClass(),
      ]) ?? SESSION_ONLY;
    if (rule.public) {
      return true;
    }
    await super.canActivate(context);
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
    checkRule(rule, request.user);
    return true;
  }

  override handleRequest<T>(error: unknown, principal: T): T {
    if (error) {
      throw error;
    }
    return principal;
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
