import type { FastifyReply, FastifyRequest } from 'fastify';

/** On every answer, as OWASP's REST Security Cheat Sheet lists them: no browser may frame, sniff, run or keep it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const NAMES = Object.entries(SECURITY_HEADERS);

/** Sets them and the request's id on an answer; a route may replace one. */
export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of NAMES) {
    reply.header(name, value);
  }
  reply.header('x-request-id', request.id);
}
