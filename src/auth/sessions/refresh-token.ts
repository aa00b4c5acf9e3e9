import { createHmac, timingSafeEqual } from 'node:crypto';

const FORM = /^lib_rt_([A-Za-z0-9_-]{22})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/;

/**
 * Refresh tokens, opaque to whoever holds one and kept nowhere: session, generation, and HMAC-SHA-256 over both
 * under the server's key. The successor of a token is thereby the same whichever process is asked for it, and
 * however often; a copy of the database without SECRET_KEY yields none.
 */
export function signRefreshToken(key: Buffer, sessionId: string, generation: number): string {
  return `lib_rt_${sessionId}.${generation}.${mac(key, sessionId, generation).toString('base64url')}`;
}

/** What a refresh token names; undefined for anything that this server has not made. */
export function verifyRefreshToken(
  key: Buffer,
  token: string,
): { sessionId: string; generation: number } | undefined {
  const [, sessionId, digits, tag] = FORM.exec(token) ?? [];
  if (sessionId === undefined) {
    return undefined;
  }
  const generation = Number(digits);
  const given = Buffer.from(tag, 'base64url');
  const canonical = String(generation) === digits && given.toString('base64url') === tag;
  return canonical && timingSafeEqual(given, mac(key, sessionId, generation))
    ? { sessionId, generation }
    : undefined;
}

function mac(key: Buffer, sessionId: string, generation: number): Buffer {
  return createHmac('sha256', key).update(`refresh\0${sessionId}\0${generation}`).digest();
}
