import { createRequire } from 'node:module';
import type * as Lists from '@zxcvbn-ts/language-common';

const require = createRequire(import.meta.url);
const AFFIXES = [/^[\p{P}\p{S}]+|[\p{P}\p{S}]+$/gu, /^[\p{P}\p{S}\p{N}]+|[\p{P}\p{S}\p{N}]+$/gu];

let list: ReadonlySet<string> | undefined;

/**
 * Whether a password is one of the 49,000 common ones of zxcvbn-ts, ignoring case and width, also with digits and
 * punctuation around it that make up less than half: attackers try `Password1!` too. The first call takes 30 ms.
 */
export function isCommonPassword(password: string): boolean {
  const folded = password.normalize('NFKC').toLowerCase();
  list ??= readList();
  return [folded, ...AFFIXES.map(affix => coreOf(folded, affix))].some(core => list?.has(core));
}

/** The password without the affixes, unless less than half of it would be left. */
function coreOf(password: string, affix: RegExp): string {
  const core = password.replace(affix, '');
  return core.length > password.length / 2 ? core : password;
}

/** Read on first use: most processes never need it. */
function readList(): ReadonlySet<string> {
  const { dictionary } = require('@zxcvbn-ts/language-common') as typeof Lists;
  return new Set(dictionary['passwords-common']);
}
