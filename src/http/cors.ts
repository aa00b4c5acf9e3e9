import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Every field of our answers that a page may need and Fetch hides from it (Fetch, 3.2.3). */
const EXPOSED = [
  'Accept-Encoding',
  'Accept-Patch',
  'Accept-Post',
  'Allow',
  'Content-Disposition',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
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

/** The fields of an answer that no hook sees, for the page of this origin. */
export function corsFields(
  origins: readonly string[],
  origin: string | undefined,
): Record<string, string> {
  if (origins.length === 0) {
    return {};
  }
  return {
    vary: 'Origin',
    ...(origin !== undefined &&
      origins.includes(origin) && {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSED.join(', '),
      }),
  };
}
