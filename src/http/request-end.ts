import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { inFlight } from '../metrics/metrics.js';

/** Hears of a request when it has ended; `isAborted` says that the answer was not sent to its end. */
export type RequestEndListener = (
  request: FastifyRequest,
  reply: FastifyReply,
  isAborted: boolean,
) => void;

const listeners = Symbol('listeners');
const isHandled = Symbol('isHandled');

declare module 'fastify' {
  interface FastifyInstance {
    [listeners]: RequestEndListener[];
  }
  interface FastifyReply {
    [isHandled]: boolean;
  }
}

/**
 * Finds the end of every request: its answer was sent, or its client has left and its handler has finished. Fastify's
 * `onResponse` misses the second kind, so a client could change things without a trace.
 */
export function watchRequestEnds(instance: FastifyInstance): void {
  instance.decorate(listeners, []);
  instance.decorateReply(isHandled, false);
  const end = (request: FastifyRequest, reply: FastifyReply): void => {
    const isAborted = !reply.raw.writableFinished;
    inFlight.requests -= 1;
    instance[listeners].forEach(listener => listener(request, reply, isAborted));
  };
  instance.addHook('onRequest', (request, reply, done) => {
    inFlight.requests += 1;
    reply.raw.once('close', () => {
      if (reply[isHandled]) {
        end(request, reply);
      }
    });
    done();
  });
  instance.addHook('onSend', (request, reply, _payload, done) => {
    reply[isHandled] = true;
    if (reply.raw.destroyed) {
      end(request, reply);
    }
    done();
  });
}

/** Calls the listener once for each request that ends. */
export function onRequestEnd(instance: FastifyInstance, listener: RequestEndListener): void {
  instance[listeners].push(listener);
}
