import { applyDecorators, createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { KeyOwner } from './idempotency-keys.repository.js';
import type { Principal } from '../http/principal.js';
import { ApiProblem } from '../problems/problem.dto.js';
import { Problem } from '../problems/problem.js';

/** What must be known of a request to give its answer again. */
export interface KeyedRequest {
  /** Absent where the request came without a key. */
  owner?: KeyOwner;
  path: string;
  query: string;
  requestId: string;
}

const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** Injects the request with its Idempotency-Key: 1 to 255 visible ASCII characters. */
export const Keyed = createParamDecorator((_: unknown, context: ExecutionContext): KeyedRequest => {
  const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
  const key = request.headers['idempotency-key'];
  const [path, query = ''] = request.url.split('?', 2);
  const keyed = { path, query, requestId: request.id };
  if (key === undefined) {
    return keyed;
  }
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new Problem('invalid_request', {
      detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters',
    });
  }
  const route = `${request.method} ${request.routeOptions.url}`;
  return { ...keyed, owner: { userId: request.user.userId, route, key } };
});

/** Documents the key. */
export const ApiIdempotencyKey = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'the first answer is kept for 24 hours and given again, with `Idempotency-Replayed: true`, to the same ' +
        'request with this key',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiProblem('idempotency_in_progress', 'idempotency_mismatch'),
  );
