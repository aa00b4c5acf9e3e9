import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { answerHeaders } from './answer-headers.docs.js';

const IF_NONE_MATCH = ApiHeader({
  name: 'If-None-Match',
  required: false,
  description: 'the `ETag` that you have: 304 if the record still has it (RFC 9110, 13.1.2)',
  schema: { type: 'string', maxLength: 8000, examples: ['"7-1"'] },
});

const IF_MATCH = ApiHeader({
  name: 'If-Match',
  required: false,
  description: 'the `ETag` that you have: 412 if the record has another one now (RFC 9110, 13.1.1)',
  schema: { type: 'string', maxLength: 8000, examples: ['"7-1"'] },
});

/** Documents the conditional header fields of a route on one record. */
export function ApiConditions(kind: 'read' | 'change'): MethodDecorator {
  return kind === 'change'
    ? IF_MATCH
    : applyDecorators(
        IF_NONE_MATCH,
        ApiResponse({ status: 304, description: 'not modified', headers: answerHeaders('ETag') }),
      );
}
