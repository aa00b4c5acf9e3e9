import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/**
 * Nest's adapter on a server that answers its own errors. Nest would set its handler only after the modules have
 * begun, when Fastify has given the routes the handler that was there before.
 */
export class HttpAdapter extends FastifyAdapter {
  override setErrorHandler(): FastifyInstance {
    return this.getInstance();
  }
}
