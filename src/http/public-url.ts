import type { FastifyInstance, FastifyRequest } from 'fastify';
import { publicProblem } from '../problems/problem-answer.js';

/** The address of a path of ours as clients reach it. Other addresses stay as they are. */
export function publicAddress(publicUrl: string | undefined, address: string): string {
  return publicUrl !== undefined && address.startsWith('/') ? publicUrl + address : address;
}

/** A host with or without a port: nothing that would need quoting in a document. */
const HOST = /^(?:[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * The address of this server for the client of a request: PUBLIC_URL, or the one that the client used. Clients choose
 * their `Host`, so no answer to another client may contain it. Returns `/` if it is no host.
 */
export function serverAddress(
  publicUrl: string | undefined,
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
): string {
  const isAddress = /^https?$/.test(protocol) && HOST.test(host);
  return publicUrl ?? (isAddress ? `${protocol}://${host}` : '/');
}

/** Puts PUBLIC_URL before the paths in `Location`, `Link` and the `type` of a problem. */
export function usePublicUrl(instance: FastifyInstance, publicUrl: string): void {
  instance.addHook('onSend', async (_request, reply, payload) => {
    const location = reply.getHeader('location');
    if (typeof location === 'string') {
      reply.header('location', publicAddress(publicUrl, location));
    }
    const link = reply.getHeader('link');
    if (typeof link === 'string') {
      reply.header(
        'link',
        link.replace('</', () => `<${publicUrl}/`),
      );
    }
    const isProblem = String(reply.getHeader('content-type')).startsWith(
      'application/problem+json',
    );
    return isProblem && typeof payload === 'string' ? publicProblem(publicUrl, payload) : payload;
  });
}
