import { applyDecorators, createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessRule } from './access-rule.js';
import type { Principal } from './principal.js';
import { Traits } from './routes.js';
import { ApiProblem } from '../problems/problem.dto.js';

/** Opens a route to everyone. test/structure/public-routes.test.ts lists each such route. */
export const Public = (): MethodDecorator & ClassDecorator => Traits({ access: { public: true } });

/** The rule of a route that needs a token; also writes its part of the OpenAPI document. */
export const Access = (rule: Omit<AccessRule, 'public'> = {}): MethodDecorator & ClassDecorator =>
  applyDecorators(
    Traits({ access: rule }),
    ApiExtension('x-access', rule),
    ApiSecurity('bearer'),
    ApiSecurity('x-access-tokens'),
    ApiProblem('token_missing', 'token_invalid'),
    ...(rule.admin ? [ApiProblem('admin_required')] : []),
    ...(rule.fresh ? [ApiProblem('confirmation_required')] : []),
    ...(rule.anyToken ? [] : [ApiProblem(rule.scope ? 'insufficient_scope' : 'session_required')]),
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

/** Injects what a handler asks before each slice of long work: false if the client has left. Throws as `Recheck`. */
export const GoesOn = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const http = context.switchToHttp();
  const { stillAllowed } = http.getRequest<FastifyRequest & { stillAllowed: StillAllowed }>();
  const { raw } = http.getResponse<FastifyReply>();
  return async (): Promise<boolean> => {
    await stillAllowed();
    return !raw.destroyed;
  };
});
