import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEMS } from './problem.js';
import type { ProblemCode } from './problem.js';

/** One fault of a body. */
export class FaultResponse {
  @ApiProperty({ description: 'JSON pointer (RFC 6901)', example: '/name' })
  pointer: string;

  @ApiProperty({ example: 'is too long: it has 151 characters, at most 150 are allowed' })
  detail: string;
}

/** An error (RFC 9457). */
export class ProblemResponse {
  @ApiProperty({ format: 'uri-reference', example: '/problems/author_not_found' })
  type: string;

  @ApiProperty({ example: 'Author not found' })
  title: string;

  @ApiProperty({ type: 'integer', format: 'int32', minimum: 400, maximum: 599, example: 404 })
  status: number;

  @ApiProperty({ example: 'author does not exist' })
  detail: string;

  @ApiProperty({ format: 'uri-reference', example: '/authors/7' })
  instance: string;

  @ApiProperty({ example: 'c0a8012e-1' })
  request_id: string;

  @ApiProperty({ description: "the tutorial's message", example: 'author does not exist' })
  message: string;

  @ApiProperty({
    type: [FaultResponse],
    required: false,
    description: 'the faults in the body (422)',
  })
  errors?: FaultResponse[];
}

/** Documents the problems of a route, except those that every route has. */
export function ApiProblem(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemResponse),
    ...[...new Set(codes)].map(code => {
      const { status, message } = PROBLEMS[code];
      return ApiResponse({
        status,
        description: message,
        content: {
          'application/problem+json': { schema: { $ref: getSchemaPath(ProblemResponse) } },
        },
      });
    }),
  );
}
