import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { problemAnswer, toProblem } from '../problems/problem-answer.js';
import type { ProblemAnswer } from '../problems/problem-answer.js';
import { Problem } from '../problems/problem.js';
import { oneAtATime } from './connection.js';
import { requestId } from './request-id.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** How long a connection may stay half open after its last answer (milliseconds). */
const LINGER_MS = 1_000;

/** Answers what Node's parser refuses before there is a request: malformed, too large or too slow. */
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
  const answer = bareAnswer(toProblem(parserError), '/');
  this.log.debug({ code: error.code, status: answer.status }, 'not a request');
  write(answer, socket);
}

/** Answers the two requests that Node would answer without a body: an unknown `Expect`, and CONNECT. */
export function answerBareRequests({ server }: FastifyInstance): void {
  server.on('checkExpectation', oneAtATime(refuseExpectation));
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    const problem = new Problem('invalid_request', { detail: 'this server is not a proxy' });
    write(bareAnswer(problem, '/'), socket);
  });
}

function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = bareAnswer(new Problem('expectation_failed'), request.url!);
  response.writeHead(status, headers).end(body);
}

/** A complete answer, without help of any hook. It closes the connection. */
function bareAnswer(problem: Problem, target: string): ProblemAnswer {
  const id = requestId({ headers: {} });
  const [path] = target.split('?', 1);
  const { status, headers, body } = problemAnswer(problem, path, id);
  const fields = {
    ...SECURITY_HEADERS,
    ...headers,
    'x-request-id': id,
    date: new Date().toUTCString(),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  return { status, headers: fields, body };
}

function write({ status, headers, body }: ProblemAnswer, socket: Duplex): void {
  // Node takes its own listener off a CONNECT socket: without this one a reset would end the process.
  socket.on('error', () => socket.destroy());
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`);
  // Not immediately, or a client that is still sending would lose the answer.
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(lingering));
}
