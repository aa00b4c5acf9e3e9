import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const SANE = /^[A-Za-z0-9._-]{1,64}$/;
const prefix = randomBytes(6).toString('base64url').replace(/[_-]/g, 'x');
let count = 0;

/** The caller's `X-Request-Id` if it is 1 to 64 letters, digits, `.`, `_` or `-`; otherwise a new one. */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && SANE.test(given)) {
    return given;
  }
  count += 1;
  return `${prefix}-${count.toString(36)}`;
}
