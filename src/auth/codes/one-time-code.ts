import { createHash, randomBytes } from 'node:crypto';

/** Crockford's base 32, without symbols that look or sound alike. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LOCATOR_LENGTH = 6;
const BYTES = 20;
const LENGTH = (BYTES * 8) / 5;

/** What is stored of a code. */
export interface CodeDigest {
  /** The first 30 bits: they select the code, so a wrong guess uses no try of another code. */
  readonly locator: string;
  /** SHA-256 of the whole code, base64url: 130 more random bits make a fast hash enough. */
  readonly hash: string;
}

/** A new code: 160 random bits in eight groups of four, easy to read aloud. */
export function newCode(): { code: string; digest: CodeDigest } {
  const symbols = toBase32(randomBytes(BYTES));
  return { code: (symbols.match(/.{4}/g) as string[]).join('-'), digest: digestOf(symbols) };
}

/**
 * The digest of a typed code: case, spaces and hyphens do not matter, O is 0, I and L are 1.
 * Undefined if it cannot be a code.
 */
export function parseCode(text: string): CodeDigest | undefined {
  if (text.length > 4 * LENGTH) {
    return undefined;
  }
  const symbols = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  const valid = symbols.length === LENGTH && [...symbols].every(one => ALPHABET.includes(one));
  return valid ? digestOf(symbols) : undefined;
}

function digestOf(symbols: string): CodeDigest {
  return {
    locator: symbols.slice(0, LOCATOR_LENGTH),
    hash: createHash('sha256').update(symbols).digest('base64url'),
  };
}

function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) as string[]).map(five => ALPHABET[parseInt(five, 2)]).join('');
}
