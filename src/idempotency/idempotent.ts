import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblem } from '../problems/problem.dto.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';

/** Runs the handler once for one Idempotency-Key, and documents the header. */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
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
