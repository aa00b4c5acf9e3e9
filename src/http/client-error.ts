import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/config.js';
import { problemAnswer, publicProblem, toProblem } from '../problems/problem-answer.js';
import type { ProblemAnswer } from '../problems/problem-answer.js';
import { Problem } from '../problems/problem.js';
import { oneAtATime } from './connection.js';
import { corsFields } from './cors.js';
import { closeLingering } from './lingering-close.js';
import { requestId } from './request-id.js';
import { SECURITY_HEADERS } from './security-headers.js';

type Addresses = Pick<Config, 'corsOrigins' | 'publicUrl'>;
type ParserError = Error & { code?: string; rawPacket?: unknown };

const ORIGIN = /\r\norigin:[ \t]*([!-~]{1,300})[ \t]*\r\n/i;

/** Answers what Node's parser refuses before there is a request: malformed, too large or too slow. */
export function answerClientError({ corsOrigins, publicUrl }: Addresses) {
  return function (this: FastifyInstance, error: ParserError, socket: Socket): void {
    if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
      socket.destroy();
      return;
    }
    const parserError = Object.assign(new Error('not HTTP'), { code: error.code, statusCode: 400 });
    const [, origin] = ORIGIN.exec(String(error.rawPacket ?? '')) ?? [];
    const cors = corsFields(corsOrigins, origin);
    const answer = bareAnswer(toProblem(parserError), '/', cors, publicUrl);
    this.log.debug({ code: error.code, status: answer.status }, 'not a request');
    write(answer, socket);
  };
}

/** Answers what Node would answer alone: an unknown `Expect`, CONNECT, and `Expect: 100-continue`. */
export function answerBareRequests(
  { server }: FastifyInstance,
  { corsOrigins: origins, publicUrl }: Addresses,
): void {
  const refuseExpectation = (request: IncomingMessage, response: ServerResponse): void => {
    const cors = corsFields(origins, request.headers.origin);
    const problem = new Problem('expectation_failed');
    const { status, headers, body } = bareAnswer(problem, request.url!, cors, publicUrl);
    response.writeHead(status, headers).end(body);
  };
  server.on('checkExpectation', oneAtATime(refuseExpectation));
  server.on('connect', ({ headers: { origin } }: IncomingMessage, socket: Socket) => {
    const problem = new Problem('invalid_request', { detail: 'this server is not a proxy' });
    write(bareAnswer(problem, '/', corsFields(origins, origin), publicUrl), socket);
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    continueWhenRead(request, response);
    server.emit('request', request, response);
  });
}

/** Asks for the body when it is read, so that a refusal before that never gets one (RFC 9110, 10.1.1). */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read.bind(request);
  request._read = size => {
    request._read = read;
    if (!response.headersSent) {
      response.writeContinue();
    }
    read(size);
  };
}

/** A complete answer, without help of any hook. It closes the connection. */
export function bareAnswer(
  problem: Problem,
  target: string,
  more: Record<string, string>,
  publicUrl: string | undefined,
): ProblemAnswer {
  const id = requestId({ headers: {} });
  const [path] = target.split('?', 1);
  const { status, headers, body: relative } = problemAnswer(problem, path, id);
  const body = publicProblem(publicUrl, relative);
  const fields = {
    ...SECURITY_HEADERS,
    ...headers,
    ...more,
    'x-request-id': id,
    date: new Date().toUTCString(),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  return { status, headers: fields, body };
}

function write({ status, headers, body }: ProblemAnswer, socket: Socket): void {
  // Node takes its own listener off a CONNECT socket: without this one a reset would end the process.
  socket.on('error', () => socket.destroy());
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`);
  closeLingering(socket);
}
