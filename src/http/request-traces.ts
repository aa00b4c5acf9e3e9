import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { TracedRequest, Tracing } from '../telemetry/tracing.js';
import { onRequestEnd } from './request-end.js';

const traced = Symbol('traced');

declare module 'fastify' {
  interface FastifyRequest {
    [traced]?: TracedRequest;
  }
}

/** An id in a path; other parameters of a path may be anything that a client sends. */
const ID = /^(?:\d{1,16}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i;

/** Starts a span for each request. It has the route, and of the headers only the request id. */
export function traceRequests(instance: FastifyInstance, tracing: Tracing): void {
  instance.decorateRequest(traced);
  instance.addHook('onRequest', (request, _reply, done) => {
    const { method, headers } = request;
    const route = request.is404 ? undefined : request.routeOptions.url;
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'url.scheme': request.protocol,
      'url.path': safePath(request),
      'network.protocol.version': request.raw.httpVersion,
      'http.response.header.x-request-id': [request.id],
    };
    const name = route === undefined ? method : `${method} ${route}`;
    request[traced] = tracing.request(name, attributes, headers);
    done();
  });
  // Reading a body loses the context, and the database is asked after that.
  instance.addHook('preHandler', (request, _reply, done) => request[traced]!.run(done));
  onRequestEnd(instance, (request, { statusCode }, isAborted) => {
    request[traced]?.end(statusCode, isAborted);
  });
  instance.addHook('onClose', () => tracing.end());
}

/** The path without its query, if a client chose nothing in it but ids; otherwise the route. */
function safePath({ is404, params, url, routeOptions }: FastifyRequest): string | undefined {
  const values = Object.values(params as Record<string, string>);
  return !is404 && values.every(value => ID.test(value)) ? url.split('?', 1)[0] : routeOptions.url;
}
