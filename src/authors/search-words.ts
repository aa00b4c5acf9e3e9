import { foldText } from '../http/text.js';

/** A run of letters and digits, or one sign: `Catch-22` has the words `catch`, `-` and `22`. */
const WORD = /[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}\s]/gu;

const OWNER_DIGITS = 7;
const FULLWIDTH = 0xfee0;

/**
 * The words of a record for the full-text index, folded as a search folds them, each once and marked with the
 * owner: a search then touches nobody else's part of the index.
 */
export function recordWords(
  ownerId: number,
  record: { name: string; book: string; country: string },
): string {
  const mark = ownerMark(ownerId);
  const words = new Set(wordsOf(`${record.name} ${record.book} ${record.country}`));
  return [...words].map(word => mark + word).join(' ');
}

/**
 * The words that each record found must have, as the beginnings of its own. Signs count only where a word of the
 * query has nothing else: `o'brien` looks for `o` and `brien`, but `%` for a percent sign.
 */
export function queryWords(ownerId: number, query: string): string[] {
  const mark = ownerMark(ownerId);
  const words = query.split(/\s+/u).flatMap(part => {
    const all = wordsOf(part);
    const plain = all.filter(word => /[\p{L}\p{N}\p{M}]/u.test(word));
    return plain.length > 0 ? plain : all;
  });
  return [...new Set(words)].map(word => mark + word);
}

/** Whether a search for this would look for anything. */
export function hasWords(query: string): boolean {
  return wordsOf(query).length > 0;
}

/** Owners have marks of one length, so that none is the beginning of another's. */
function ownerMark(ownerId: number): string {
  return ownerId.toString(36).padStart(OWNER_DIGITS, '0');
}

function wordsOf(text: string): string[] {
  const words = foldText(text, { accents: false }).match(WORD) ?? [];
  return words.map(word => (word.length === 1 ? withoutAsciiSign(word) : word));
}

/** An ASCII sign as its full-width form, which folding leaves to nothing else and no index takes for syntax. */
function withoutAsciiSign(word: string): string {
  return /[!-/:-@[-`{-~]/.test(word) ? String.fromCodePoint(word.charCodeAt(0) + FULLWIDTH) : word;
}
