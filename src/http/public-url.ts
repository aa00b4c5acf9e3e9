import type { FastifyInstance } from 'fastify';
import { publicProblem } from '../problems/problem-answer.js';

/** The address of a path of ours as clients reach it. Other addresses stay as they are. */
export function publicAddress(publicUrl: string | undefined, address: string): string {
  return publicUrl !== undefined && address.startsWith('/') ? publicUrl + address : address;
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
