import { readFileSync } from 'node:fs';

/** The byte order marks of the encodings that editors and PowerShell write. */
const MARKS: readonly [encoding: string, mark: readonly number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/**
 * The text of a file in UTF-8, or in UTF-16 with its mark, without the mark.
 * Throws a system error if it cannot be read, and a TypeError if it is no text.
 */
export function readTextFile(file: string): string {
  const bytes = readFileSync(file);
  const found = MARKS.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte));
  const text = new TextDecoder(found?.[0] ?? 'utf-8', { fatal: true }).decode(bytes);
  if (text.includes('\0')) {
    throw new TypeError('the text has NUL characters');
  }
  return text;
}
