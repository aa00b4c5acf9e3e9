import { HttpException } from '@nestjs/common';
import { Problem, PROBLEMS } from './problem.js';
import type { ProblemCode } from './problem.js';

/** A problem as an HTTP answer. */
export interface ProblemAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The errors of Fastify and Node whose status alone would give the wrong problem. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const STATUSES: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_request',
  404: 'route_not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  413: 'body_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  417: 'expectation_failed',
  429: 'too_many_requests',
  431: 'headers_too_large',
  503: 'unavailable',
};

/** The problem that the caller gets for an error: itself, one of the tables above, or `internal_error`. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  const known = CODES[code ?? ''] ?? STATUSES[status ?? 500] ?? unnamed(status);
  return new Problem(known, { cause: error });
}

function unnamed(status: number | undefined): ProblemCode {
  return status !== undefined && status >= 400 && status < 500
    ? 'invalid_request'
    : 'internal_error';
}

/** A problem in the form of RFC 9457. `instance` is the path without the query, which may hold secrets. */
export function problemAnswer(
  problem: Problem,
  instance: string,
  requestId: string,
): ProblemAnswer {
  const { status, title, message } = PROBLEMS[problem.code];
  const body = {
    type: `/problems/${problem.code}`,
    title,
    status,
    detail: problem.detail,
    instance,
    request_id: requestId,
    message,
    ...(problem.errors && { errors: problem.errors }),
    ...problem.members,
  };
  return {
    status,
    headers: {
      ...problem.headers,
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
    },
    body: JSON.stringify(body),
  };
}

/** The body of a problem, with PUBLIC_URL before the path in its `type`, which comes first. */
export function publicProblem(publicUrl: string | undefined, body: string): string {
  return body.replace(/^\{"type":"\//, () => `{"type":"${publicUrl ?? ''}/`);
}
