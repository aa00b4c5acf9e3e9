import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemAnswer, publicProblem, toProblem } from './problem-answer.js';
import { PROBLEMS } from './problem.js';

/** Header fields that a handler sets for its own answer and an error must not carry. */
const OF_SUCCESS = ['etag', 'location', 'link', 'content-disposition'] as const;

/** Answers every error that reaches Nest as problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/**
 * Sends an error as problem+json and logs its cause; Nest's filter and Fastify's own errors both end here.
 * @param publicUrl where no hook runs that would put it before the addresses
 */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl?: string,
): void {
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const problem = toProblem(error);
  if (problem.code === 'internal_error') {
    request.log.error({ err: problem.cause ?? problem }, 'an unexpected error');
  } else if (problem.cause !== undefined) {
    const level = PROBLEMS[problem.code].status >= 500 ? 'warn' : 'debug';
    request.log[level]({ err: problem.cause }, problem.detail);
  }
  const { status, headers, body } = problemAnswer(problem, pathOf(request), request.id);
  for (const name of OF_SUCCESS) {
    reply.removeHeader(name);
  }
  void reply.status(status).headers(headers).send(publicProblem(publicUrl, body));
}

/**
 * The path of a request without its query, which may hold secrets; also if the target is a whole URL
 * (RFC 9112, 3.2.2).
 */
export function pathOf({ url }: Pick<FastifyRequest, 'url'>): string {
  const [target] = url.split('?', 1);
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/';
}
