import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';
import { PROBLEMS } from './problem.js';
import type { ProblemCode } from './problem.js';

/** One fault of a body. */
export class FaultResponse {
  @ApiProperty({ maxLength: 300, description: 'JSON pointer (RFC 6901)', example: '/name' })
  pointer: string;

  @ApiProperty({
    maxLength: 500,
    example: 'is too long: it has 151 characters, at most 150 are allowed',
  })
  detail: string;
}

/** An error (RFC 9457). */
export class ProblemResponse {
  @ApiProperty({
    enum: Object.keys(PROBLEMS).map(code => `/problems/${code}`),
    enumName: 'ProblemType',
    description: 'which problem it is: programs compare this value, people open it as a page',
  })
  type: string;

  @ApiProperty({ maxLength: 100, description: 'the problem in a few words' })
  title: string;

  @ApiProperty({ type: 'integer', format: 'int32', minimum: 400, maximum: 599 })
  status: number;

  @ApiProperty({ maxLength: 1000, description: 'what is wrong with this request' })
  detail: string;

  @ApiProperty({ maxLength: 8000, description: 'the path of the request, without the query' })
  instance: string;

  @ApiProperty({
    maxLength: 200,
    description: 'the id of the request in the log, as in `X-Request-Id`',
  })
  request_id: string;

  @ApiProperty({ maxLength: 200, description: 'a short message, as in the tutorial' })
  message: string;
}

/**
 * Documents the problems of a route, except those that every route has. Each is a response under its code; the
 * OpenAPI document then joins those of one status.
 */
export function ApiProblem(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...codes.map(code =>
      ApiResponse({ status: code as 'default', description: PROBLEMS[code].message }),
    ),
  );
}
