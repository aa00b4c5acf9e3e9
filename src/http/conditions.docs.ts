import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { answerHeaders } from './answer-headers.docs.js';

const IF_NONE_MATCH = ApiHeader({
  name: 'If-None-Match',
  required: false,
  description: 'entity tags; returns 304 if one matches (RFC 9110, 13.1.2)',
  schema: { type: 'string', maxLength: 8000 },
});

const IF_MATCH = ApiHeader({
  name: 'If-Match',
  required: false,
  description: 'entity tags; changes the record only if one matches (RFC 9110, 13.1.1)',
  schema: { type: 'string', maxLength: 8000 },
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
