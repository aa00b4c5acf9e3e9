const HEADER = /^basic ([A-Za-z0-9+/]*={0,2})$/i;
const MAX_LENGTH = 4096;

/** The user-id and password of a Basic header. */
export interface BasicCredentials {
  name: string;
  password: string;
}

/**
 * Reads `Authorization: Basic` strictly after RFC 7617: the scheme in any case, base64 of valid UTF-8, split at the
 * first colon only, no control characters. Undefined for everything else.
 */
export function readBasic(authorization: string | undefined): BasicCredentials | undefined {
  if (authorization === undefined || authorization.length > MAX_LENGTH) {
    return undefined;
  }
  const [, base64] = HEADER.exec(authorization) ?? [];
  const text = base64 === undefined ? undefined : decode(base64);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0 || /\p{Cc}/u.test(text)) {
    return undefined;
  }
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decode(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '')) {
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
