import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'lib_pat_';
const FORM = /^lib_pat_([A-Za-z0-9]{43})([A-Za-z0-9]{6})$/;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A new personal access token: a prefix for secret scanners, 256 random bits in base 62, and their CRC-32, which
 * refuses typos without a look into the database.
 */
export function newPersonalToken(): string {
  const random = toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43);
  return `${PREFIX}${random}${checksum(random)}`;
}

export function isPersonalToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Whether the form and the checksum of a personal access token are right. */
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

/** CRC-32 (ISO 3309, as in zip and PNG). `zlib.crc32` has it only from Node 22.2 on. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
    }
  }
  return ~crc >>> 0;
}
