import type { FastifyRequest } from 'fastify';
import type { Strategy } from 'passport-strategy';

/**
 * Asks a Passport strategy who a request comes from, by Passport's own protocol: an instance per request whose
 * `success` and `error` settle the answer. `AuthGuard` of @nestjs/passport looks a strategy up by name in a registry
 * that the whole process shares, where a second application's strategies, and its database, replace the first one's.
 */
export function runStrategy<T>(strategy: Strategy, request: FastifyRequest): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const run = Object.create(strategy) as Strategy;
    run.success = user => resolve(user as T);
    run.error = reject;
    run.authenticate(request as never);
  });
}
