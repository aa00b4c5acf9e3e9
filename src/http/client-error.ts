import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { problemAnswer, toProblem } from './problem-answer.js';
import { PROBLEMS } from './problem.js';
import { requestId } from './request-id.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Answers what Node's own parser refuses, before there is any request: malformed, oversized or too slow. */
export function answerClientError(
  this: FastifyInstance,
  error: Error & { code?: string },
  socket: Socket,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const parserError = Object.assign(new Error('not HTTP'), { code: error.code, statusCode: 400 });
  const problem = toProblem(parserError);
  const id = requestId({ headers: {} });
  const { status, headers, body } = problemAnswer(problem, '/', id);
  this.log.debug({ code: error.code, status: PROBLEMS[problem.code].status }, 'not a request');
  const fields = {
    ...SECURITY_HEADERS,
    ...headers,
    'x-request-id': id,
    date: new Date().toUTCString(),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`);
}
