import { applyDecorators, createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Principal, Scope } from './principal.js';
import { ApiProblem } from '../problems/problem.dto.js';

/** What a route asks of its caller. Without any rule it takes a session, of any user. */
export interface AccessRule {
  /** Nobody needs to be logged in. */
  public?: boolean;
  /** The caller must be an admin. */
  admin?: boolean;
  /** A personal access token with this scope will do as well as a session. */
  scope?: Scope;
  /** Any personal access token will do as well as a session. */
  anyToken?: boolean;
}

/** Where the guard finds a route's rule. */
export const ACCESS_RULE = Symbol('ACCESS_RULE');

/** Opens a route to everybody. Each such route is named in test/structure/public-routes.test.ts. */
export const Public = (): MethodDecorator & ClassDecorator =>
  SetMetadata<symbol, AccessRule>(ACCESS_RULE, { public: true });

/** The rule of a route that needs a token, with its part of the OpenAPI document. */
export const Access = (rule: Omit<AccessRule, 'public'> = {}): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata<symbol, AccessRule>(ACCESS_RULE, rule),
    ApiSecurity('bearer'),
    ApiSecurity('x-access-tokens'),
    ApiProblem('token_missing', 'token_invalid', 'invalid_request'),
    ...(rule.admin ? [ApiProblem('admin_required')] : []),
    ApiProblem(rule.scope ? 'insufficient_scope' : 'session_required'),
  );

/** Injects the caller, whom the guard has put on the request. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>().user,
);
