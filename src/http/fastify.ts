import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fastify, LogController } from 'fastify';
import type {
  FastifyBaseLogger,
  FastifyHttpOptions,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from 'fastify';
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Config } from '../config/config.js';
import { answerError } from '../problems/problem.filter.js';
import { serveProblemPages } from '../problems/problem-pages.js';
import type { Tracing } from '../telemetry/tracing.js';
import { limitBodyTime, paced } from './body-time.js';
import { answerBareRequests, answerClientError } from './client-error.js';
import { createBoundedServer } from './connection.js';
import { corsFields, useCors } from './cors.js';
import { problemExample } from './docs/problem-responses.js';
import { lingerIfUnread, lingerOnSend } from './lingering-close.js';
import { shedding } from './overload.js';
import { logPaths } from './pretty-log.js';
import { isRefused, refuseUnlessEmpty } from './media-types.js';
import { URL_LIMIT, checkParameters, checkRequest, targetFault } from './request-checks.js';
import { onRequestEnd, watchRequestEnds } from './request-end.js';
import { traceRequests } from './request-traces.js';
import { usePublicUrl } from './public-url.js';
import { requestId } from './request-id.js';
import { answerUnknownRoute, rememberRoutes } from './routes.js';
import { setSecurityHeaders } from './security-headers.js';
import { parseStrictJson } from './strict-json.js';
import { parseStrictQuery } from './strict-query.js';

/** Closes the connection of a slower client (milliseconds); body-time.ts limits the bodies. */
const TIMEOUTS = {
  headers: 10_000,
  /** Longer than the 60 s that common balancers keep an idle connection, so that they close first. */
  keepAlive: 72_000,
  /** How often Node looks for connections that are too slow. */
  check: 1_000,
} as const;

/** Bytes of a request's header. */
const HEADERS_LIMIT = 16_384;

const SERVER: ServerOptions = {
  // body-time.ts limits the bodies of each route.
  requestTimeout: 0,
  keepAliveTimeout: TIMEOUTS.keepAlive,
  maxHeaderSize: HEADERS_LIMIT,
  headersTimeout: TIMEOUTS.headers,
  connectionsCheckingInterval: TIMEOUTS.check,
  // targetFault checks it and answers with a problem.
  requireHostHeader: false,
};

/** Nest's adapter without its two handlers, because createFastify sets ours before any route. */
export class HttpAdapter extends FastifyAdapter {
  override setErrorHandler(): FastifyInstance {
    return this.getInstance();
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance();
  }
}

/**
 * The HTTP server below Nest, with all that holds for every request on any route: limits, request id, strict
 * parsing, media types, security headers, and problems for what fails before Nest.
 */
export async function createFastify(
  config: Config,
  log: FastifyBaseLogger,
  tracing?: Tracing,
): Promise<FastifyInstance> {
  const instance = fastify(optionsOf(config, log));
  instance.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  instance.setNotFoundHandler(answerUnknownRoute);
  watchRequestEnds(instance);
  if (tracing !== undefined) {
    traceRequests(instance, tracing);
  }
  if (config.logFormat === 'pretty') {
    logPaths(instance);
  }
  answerBareRequests(instance, config);
  rememberRoutes(instance);
  serveProblemPages(instance, problemExample);
  useStrictParsers(instance);
  limitBodyTime(instance);
  instance.addHook('onSend', lingerOnSend);
  if (config.publicUrl !== undefined) {
    usePublicUrl(instance, config.publicUrl);
  }
  checkTargets(instance, config);
  if (config.corsOrigins.length > 0) {
    await useCors(instance, config.corsOrigins);
  }
  instance.addHook('onRequest', checkRequest);
  instance.addHook('preParsing', checkParameters);
  onRequestEnd(instance, logRequest);
  return instance;
}

/** Sets the headers of every answer, and answers a target or a host that is wrong. */
function checkTargets(instance: FastifyInstance, { corsOrigins }: Config): void {
  instance.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(request, reply);
    const fault = targetFault(request);
    if (fault !== undefined) {
      reply.headers(corsFields(corsOrigins, request.headers.origin));
      answerError(fault, request, reply);
      return reply;
    }
  });
}

function optionsOf(config: Config, log: FastifyBaseLogger): FastifyHttpOptions<Server> {
  const { trustProxy, bodyLimit, corsOrigins } = config;
  return {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    bodyLimit,
    return503OnClosing: false,
    genReqId: requestId,
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(request, reply);
      reply.headers(corsFields(corsOrigins, request.headers.origin));
      lingerIfUnread(request, reply);
      answerError(error, request, reply, config.publicUrl);
    },
    clientErrorHandler: answerClientError(config),
    serverFactory: handler => createBoundedServer(SERVER, config, shedding(handler, config)),
    // DTO classes check bodies, so the schema compilers would only add 30 ms to each start.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    routerOptions: { querystringParser: parseStrictQuery, maxParamLength: URL_LIMIT },
  };
}

function noSchemas(): never {
  throw new Error('no route has a Fastify schema');
}

/** Parses JSON strictly; the few routes that accept other bodies get them as streams. */
function useStrictParsers(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) =>
      body.length === 0 ? undefined : parseStrictJson(body),
  );
  instance.addContentTypeParser(
    '*',
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    async (request: FastifyRequest, payload: IncomingMessage) =>
      isRefused(request) ? refuseUnlessEmpty(request, payload) : paced(request.raw, payload),
  );
}

/** Logs one line for each request. The path is the route's pattern, because a real path may be private. */
function logRequest(request: FastifyRequest, reply: FastifyReply, isAborted: boolean): void {
  const { user } = request as FastifyRequest & { user?: { publicId?: string } };
  request.log.info(
    {
      method: request.method,
      route: request.is404 ? undefined : request.routeOptions.url,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
      ...(isAborted && { aborted: true }),
      user_id: user?.publicId,
      address: request.ip,
    },
    'request',
  );
}
