import { createHmac, timingSafeEqual } from 'node:crypto';

const FORM = /^lib_rt_([A-Za-z0-9_-]{22})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/;

/**
 * A refresh token: session, generation, and HMAC-SHA-256 over both under the server's key. It is stored nowhere, every
 * process derives the same successor, and a copy of the database without SECRET_KEY yields no token (ADR 8).
 */
export function signRefreshToken(key: Buffer, sessionId: string, generation: number): string {
  return `lib_rt_${sessionId}.${generation}.${mac(key, sessionId, generation).toString('base64url')}`;
}

/** The session and generation of a refresh token; undefined unless this server signed it. */
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
