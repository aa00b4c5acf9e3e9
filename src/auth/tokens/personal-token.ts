import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from './crc32.js';

const PREFIX = 'lib_pat_';
const FORM = /^lib_pat_([A-Za-z0-9]{43})([A-Za-z0-9]{6})$/;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A new personal access token: a prefix that secret scanners find, 256 random bits in base 62, and a CRC-32 of
 * them, so that a typo or an invented token is told from a real one without asking the database.
 */
export function newPersonalToken(): string {
  const random = toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43);
  return `${PREFIX}${random}${checksum(random)}`;
}

export function isPersonalToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Whether form and checksum are those of a personal access token. */
export function hasValidChecksum(token: string): boolean {
  const [, random, sum] = FORM.exec(token) ?? [];
  return random !== undefined && checksum(random) === sum;
}

/** What is stored of a token. */
export function hashPersonalToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function checksum(random: string): string {
  return toBase62(BigInt(crc32(Buffer.from(random))), 6);
}

function toBase62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) {
    text = DIGITS[Number(rest % 62n)] + text;
  }
  return text;
}
