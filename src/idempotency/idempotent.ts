import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblem } from '../problems/problem.dto.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';

/**
 * Runs the handler once for one Idempotency-Key, and documents the header. Requests with a JSON body wait for the first
 * one; uploads get `idempotency_in_progress`, which their route documents.
 */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'a text of your choice, another one for each request; if you repeat a request with its key within 24 hours, ' +
        'you get the first answer again, with `Idempotency-Replayed: true`',
      schema: { type: 'string', minLength: 1, maxLength: 255, examples: ['"4f1c2a90"'] },
    }),
    ApiProblem('idempotency_mismatch'),
  );
