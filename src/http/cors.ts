import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const EXPOSED = [
  'ETag',
  'Link',
  'Location',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
  'Idempotency-Replayed',
  'WWW-Authenticate',
];

/** Answers preflights (Fetch, 3.2.2) of the allowed origins; any other OPTIONS continues to `Allow`. */
export async function useCors(
  instance: FastifyInstance,
  origins: readonly string[],
): Promise<void> {
  const options = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
  };
  await instance.register(cors, () => async ({ headers }: FastifyRequest) => {
    const isPreflight = headers.origin && headers['access-control-request-method'];
    return { ...options, preflight: Boolean(isPreflight) };
  });
}
