import { Catch, NotFoundException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemAnswer, toProblem } from '../problems/problem-answer.js';
import { PROBLEMS } from '../problems/problem.js';
import type { Problem } from '../problems/problem.js';
import { answerUnknownRoute, pathOf } from './routes.js';

/** Answers every error that reaches Nest as problem+json, and logs those that nobody expected. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** The one way in which an error becomes an answer, for Nest's filter and for Fastify's own errors. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const isUnrouted = request.is404 || error instanceof NotFoundException;
  const problem = isUnrouted ? answerUnknownRoute(request, reply) : toProblem(error);
  if (problem !== undefined) {
    answerProblem(problem, request, reply);
  }
}

/** Sends a problem, and logs what caused it. */
export function answerProblem(
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  if (problem.code === 'internal_error') {
    request.log.error({ err: problem.cause ?? problem }, 'an unexpected error');
  } else if (problem.cause !== undefined) {
    const level = PROBLEMS[problem.code].status >= 500 ? 'warn' : 'debug';
    request.log[level]({ err: problem.cause }, problem.detail);
  }
  const answer = problemAnswer(problem, pathOf(request), request.id);
  // What a handler has set for its own answer (an ETag, a Location) does not belong to an error.
  for (const name of ['etag', 'location', 'link', 'content-disposition']) {
    reply.removeHeader(name);
  }
  void reply.status(answer.status).headers(answer.headers).send(answer.body);
}
