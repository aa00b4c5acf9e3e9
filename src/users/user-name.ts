import { firstFault, foldText } from '../http/text.js';

/** A name as it is shown, and the key by which it is unique, or what is wrong with it. */
export type UserName = { name: string; key: string } | { fault: string };

const RANGE = { min: 1, max: 50 } as const;

/** More than any 50 characters take before NFKC: beyond it nothing is normalised. */
const RAW_LENGTH = 400;

const SPACES_AROUND = /^\p{Zs}+|\p{Zs}+$/gu;

/**
 * What nobody sees or what turns its neighbours around: control, format (zero-width and bidirectional), private and
 * unassigned code points, default-ignorable ones such as fillers and variation selectors, line separators, and the
 * spaces that NFKC leaves beside the plain one.
 */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/**
 * The rule of user names: NFKC, spaces around taken off, then 1 to 50 code points, all visible, no colon (HTTP Basic
 * splits there). Names that differ only in case or in composed and decomposed letters have the same key.
 */
export function normalizeName(raw: string): UserName {
  if (raw.length > RAW_LENGTH) {
    return { fault: `must be ${RANGE.min} to ${RANGE.max} characters` };
  }
  const name = raw.normalize('NFKC').replace(SPACES_AROUND, '');
  const fault = firstFault(name, RANGE) ?? refusal(name);
  return fault === undefined ? { name, key: foldText(name) } : { fault };
}

function refusal(name: string): string | undefined {
  if (INVISIBLE.test(name)) {
    return 'must not contain zero-width, bidirectional or other invisible characters';
  }
  return name.includes(':') ? 'must not contain a colon' : undefined;
}
