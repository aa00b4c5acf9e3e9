import cors from '@fastify/cors';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fastify, LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { limitBodyTime, paced } from './body-time.js';
import { answerBareRequests, answerClientError } from './client-error.js';
import { checkAccept, checkContentType } from './media-types.js';
import { Problem } from '../problems/problem.js';
import { answerError } from '../problems/problem.filter.js';
import { serveProblemPages } from '../problems/problem-pages.js';
import { requestId } from './request-id.js';
import { answerUnknownRoute, checkMethod, rememberRoutes } from './routes.js';
import { setSecurityHeaders } from './security-headers.js';
import { parseStrictJson } from './strict-json.js';
import { parseStrictQuery, queryFault } from './strict-query.js';

/** A client that is slower than this has its connection closed (milliseconds); body-time.ts has the bodies. */
const TIMEOUTS = {
  headers: 10_000,
  /** Longer than the 60 s that common balancers keep an idle connection, so that they close first. */
  keepAlive: 72_000,
  /** How often Node looks for connections that are too slow. */
  check: 1_000,
} as const;

const HEADERS_LIMIT = 16_384;

/** Characters of an address (RFC 9110, 4.1, recommends 8000 at least). */
const URL_LIMIT = 8_192;

/** Nest's adapter without its two handlers, because createFastify has set ours before any route. */
export class HttpAdapter extends FastifyAdapter {
  override setErrorHandler(): FastifyInstance {
    return this.getInstance();
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance();
  }
}

/**
 * The HTTP server beneath Nest, with everything that holds for each request whichever route it takes:
 * limits, request id, strict parsing, media types, security headers, and problems for all that fails before Nest.
 */
export async function createFastify(
  config: Config,
  log: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const instance = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    bodyLimit: config.bodyLimit,
    requestTimeout: 0,
    keepAliveTimeout: TIMEOUTS.keepAlive,
    return503OnClosing: false,
    genReqId: requestId,
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(request, reply);
      answerError(error, request, reply);
    },
    clientErrorHandler: answerClientError,
    http: {
      maxHeaderSize: HEADERS_LIMIT,
      headersTimeout: TIMEOUTS.headers,
      connectionsCheckingInterval: TIMEOUTS.check,
      // checkTarget does it, with a problem for an answer.
      requireHostHeader: false,
    },
    // Bodies and answers are checked by DTO classes: loading what would compile schemas takes 30 ms of each start.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    routerOptions: { querystringParser: parseStrictQuery, maxParamLength: URL_LIMIT },
  });
  instance.setErrorHandler(answerError);
  instance.setNotFoundHandler(answerUnknownRoute);
  answerBareRequests(instance);
  rememberRoutes(instance);
  serveProblemPages(instance);
  useStrictParsers(instance);
  limitBodyTime(instance);
  instance.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(request, reply);
    const fault = targetFault(request);
    if (fault !== undefined) {
      answerError(fault, request, reply);
      return reply;
    }
  });
  if (config.corsOrigins.length > 0) {
    await useCors(instance, config.corsOrigins);
  }
  instance.addHook('onRequest', async (request, reply) => {
    if (request.is404) {
      // Here rather than in the handler, which would first read and judge the body.
      answerUnknownRoute(request, reply);
      return reply;
    }
    if (request.method !== 'OPTIONS') {
      checkRequest(request);
    }
  });
  logRequests(instance);
  return instance;
}

function noSchemas(): never {
  throw new Error('no route has a schema of Fastify');
}

/** What is wrong with where a request goes, whether or not there is a route (RFC 9112, 3.2; RFC 9110, 15.5.15). */
function targetFault({ raw }: FastifyRequest): Problem | undefined {
  const hosts = countOf('host', raw.rawHeaders);
  if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) {
    const detail = hosts === 0 ? 'the Host header is missing' : 'more than one Host header';
    return new Problem('invalid_request', { detail, headers: { connection: 'close' } });
  }
  return raw.url!.length > URL_LIMIT ? new Problem('uri_too_long') : undefined;
}

function checkRequest(request: FastifyRequest): void {
  checkMethod(request);
  const fault = queryFault(request.query as object);
  if (fault !== undefined) {
    throw fault;
  }
  checkCredentials(request.raw.rawHeaders);
  checkAccept(request);
  checkContentType(request);
}

/** Node keeps the first of two, or joins them: what a proxy has looked at may have been the other one. */
function checkCredentials(rawHeaders: readonly string[]): void {
  for (const name of ['authorization', 'x-access-tokens']) {
    if (countOf(name, rawHeaders) > 1) {
      throw new Problem('invalid_request', { detail: `more than one ${name} header` });
    }
  }
}

function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index];
    if (field.length === name.length && field.toLowerCase() === name) {
      count += 1;
    }
  }
  return count;
}

/** JSON is parsed strictly; other bodies reach the few routes that take them as streams. */
function useStrictParsers(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    (_request, body, done) => {
      try {
        done(null, parseStrictJson(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  instance.addContentTypeParser(
    ['application/x-ndjson', 'text/csv'],
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    (request, payload, done) => done(null, paced(request.raw, payload)),
  );
}

/** Answers preflights (Fetch, 3.2.2) of the allowed origins; OPTIONS without them goes on to tell `Allow`. */
async function useCors(instance: FastifyInstance, origins: readonly string[]): Promise<void> {
  const options = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'ETag',
      'Link',
      'Location',
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy',
      'X-Request-Id',
      'Idempotency-Replayed',
      'WWW-Authenticate',
    ],
    maxAge: 600,
  };
  await instance.register(cors, () => async ({ headers }: FastifyRequest) => {
    const isPreflight = headers.origin && headers['access-control-request-method'];
    return { ...options, preflight: Boolean(isPreflight) };
  });
}

/** One line a request. The path is the route's pattern: a real one may hold what is private. */
function logRequests(instance: FastifyInstance): void {
  instance.addHook('onResponse', async (request, reply) => {
    const { user } = request as FastifyRequest & { user?: { publicId?: string } };
    request.log.info(
      {
        method: request.method,
        route: request.is404 ? undefined : request.routeOptions.url,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
        user_id: user?.publicId,
        address: request.ip,
      },
      'request',
    );
  });
}
