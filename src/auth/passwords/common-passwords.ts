import { createRequire } from 'node:module';
import type * as Lists from '@zxcvbn-ts/language-common';

const require = createRequire(import.meta.url);
const AFFIXES = [/^[\p{P}\p{S}]+|[\p{P}\p{S}]+$/gu, /^[\p{P}\p{S}\p{N}]+|[\p{P}\p{S}\p{N}]+$/gu];

let list: ReadonlySet<string> | undefined;

/**
 * Whether a password is one of the most common ones (the 49,000 of zxcvbn-ts, which end in leaked lists first), case
 * and width ignored, or such a one with digits and punctuation put before or after it that make up less than half of
 * the whole: `Password1!` is `password` to everybody who guesses. The first call reads the list (some 30 ms).
 */
export function isCommonPassword(password: string): boolean {
  const folded = password.normalize('NFKC').toLowerCase();
  list ??= readList();
  return [folded, ...AFFIXES.map(affix => coreOf(folded, affix))].some(core => list?.has(core));
}

/** What is left without the affixes, or the whole where less than half would be. */
function coreOf(password: string, affix: RegExp): string {
  const core = password.replace(affix, '');
  return core.length > password.length / 2 ? core : password;
}

/** Not with the start of the program: most processes never need it. */
function readList(): ReadonlySet<string> {
  const { dictionary } = require('@zxcvbn-ts/language-common') as typeof Lists;
  return new Set(dictionary['passwords-common']);
}
