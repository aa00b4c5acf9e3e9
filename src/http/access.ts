import { applyDecorators, createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Principal, Scope } from './principal.js';
import { ApiProblem } from '../problems/problem.dto.js';

/** The access rule of a route. Without one, the route accepts the session of any user. */
export interface AccessRule {
  /** Anyone may call, without a token. */
  public?: boolean;
  /** The caller must be an admin. */
  admin?: boolean;
  /** Also accepts a personal access token with this scope. */
  scope?: Scope;
  /** Also accepts any personal access token. */
  anyToken?: boolean;
}

/** The metadata key under which the guard finds a route's rule. */
export const ACCESS_RULE = Symbol('ACCESS_RULE');

/** Opens a route to everyone. test/structure/public-routes.test.ts lists each such route. */
export const Public = (): MethodDecorator & ClassDecorator =>
  SetMetadata<symbol, AccessRule>(ACCESS_RULE, { public: true });

/** The rule of a route that needs a token; also writes its part of the OpenAPI document. */
export const Access = (rule: Omit<AccessRule, 'public'> = {}): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata<symbol, AccessRule>(ACCESS_RULE, rule),
    ApiSecurity('bearer'),
    ApiSecurity('x-access-tokens'),
    ApiProblem('token_missing', 'token_invalid', 'invalid_request'),
    ...(rule.admin ? [ApiProblem('admin_required')] : []),
    ApiProblem(rule.scope ? 'insufficient_scope' : 'session_required'),
  );

/** Injects the caller that the guard has put on the request. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>().user,
);

/** Throws as the guard did at the start, with the rights of now. */
export type StillAllowed = () => Promise<void>;

/** Injects what a handler that takes long must call before it goes on: the token may have been revoked. */
export const Recheck = createParamDecorator(
  (_: unknown, context: ExecutionContext): StillAllowed =>
    context.switchToHttp().getRequest<FastifyRequest & { stillAllowed: StillAllowed }>()
      .stillAllowed,
);
