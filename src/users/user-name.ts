import { firstFault, lengthFault } from '../http/text.js';
import { foldText } from '../text/fold.js';

/** A name as it is shown and the key by which it is unique, or the fault. */
export type UserName = { name: string; key: string } | { fault: string };

const RANGE = { min: 1, max: 50 } as const;

/** No 50 characters are longer before NFKC, so longer texts need no normalising. */
const RAW_LENGTH = 400;

const SPACES_AROUND = /^\p{Zs}+|\p{Zs}+$/gu;

/**
 * Invisible characters, and those that reorder their neighbours: control, format (zero-width and bidirectional),
 * private and unassigned code points, default-ignorable ones such as fillers and variation selectors, line separators,
 * and spaces that NFKC does not turn into the plain one.
 */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/**
 * Normalises a user name by NFKC and trims it. It must then have 1 to 50 code points, all visible, and no colon, at
 * which HTTP Basic splits. Names that differ only in case, or in composed and decomposed letters, have the same key.
 */
export function normalizeName(raw: string): UserName {
  if (raw.length > RAW_LENGTH) {
    return { fault: lengthFault([...raw].length, RANGE)! };
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
