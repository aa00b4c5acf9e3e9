import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';

const IF_NONE_MATCH = ApiHeader({
  name: 'If-None-Match',
  required: false,
  description:
    'entity tags; the record is answered only where it is none of them (RFC 9110, 13.1.2)',
  schema: { type: 'string' },
});

const IF_MATCH = ApiHeader({
  name: 'If-Match',
  required: false,
  description: 'entity tags; the record is changed only where it is one of them (RFC 9110, 13.1.1)',
  schema: { type: 'string' },
});

/** Documents the conditions that a route on one record takes. */
export function ApiConditions(kind: 'read' | 'change'): MethodDecorator {
  return kind === 'change'
    ? IF_MATCH
    : applyDecorators(IF_NONE_MATCH, ApiResponse({ status: 304, description: 'not modified' }));
}
