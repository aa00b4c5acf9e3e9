import { foldText } from './fold.js';

const LETTER = String.raw`[\p{L}\p{N}]`;
const LETTER_OR_MARK = String.raw`[\p{L}\p{N}\p{M}]`;
/** The scripts that write without spaces between words. */
const UNSPACED = ['Han', 'Hira', 'Kana', 'Thai', 'Laoo', 'Khmr', 'Mymr'];
const SOLO = `[${LETTER}&&[${UNSPACED.map(script => String.raw`\p{scx=${script}}`).join('')}]]`;

const UNSPACED_CHARACTER = new RegExp(`^${SOLO}`, 'v');

/**
 * A character of an unspaced script with its marks, a run of other letters and digits, or one sign: `Catch-22` has the
 * words `catch`, `-` and `22`.
 */
const WORD = new RegExp(
  String.raw`${SOLO}\p{M}*|[${LETTER_OR_MARK}--${SOLO}]+|[^${LETTER_OR_MARK}\s]`,
  'gv',
);

/** PostgreSQL takes words of up to 2,046 bytes; records and queries are cut alike. */
const WORD_LENGTH = 100;

const OWNER_DIGITS = 7;
const FULLWIDTH = 0xfee0;

/** The words of a text for the full-text index, each once. The owner's mark keeps owners apart in the index. */
export function recordWords(ownerId: number, text: string): string {
  const mark = ownerMark(ownerId);
  return [...new Set(wordsOf(text))].map(word => mark + word).join(' ');
}

/** As `wordsOfQuery`, with the mark of the owner whose records they are looked for in. */
export function queryWords(ownerId: number, query: string): string[] {
  const mark = ownerMark(ownerId);
  return wordsOfQuery(query).map(word => mark + word);
}

/**
 * The words of a query, each the beginning of a word that a record must have. Signs count only if the part between
 * spaces has nothing else: `o'brien` looks for `o` and `brien`, but `%` for a percent sign.
 */
export function wordsOfQuery(query: string): string[] {
  const words = query.split(/\s+/u).flatMap(part => {
    const all = wordsOf(part);
    const plain = all.filter(word => /[\p{L}\p{N}\p{M}]/u.test(word));
    return plain.length > 0 ? plain : all;
  });
  return [...new Set(words)];
}

/** How many words a query looks for; four characters of an unspaced script count as one. */
export function countWords(query: string): number {
  const words = wordsOfQuery(query);
  const characters = words.filter(word => UNSPACED_CHARACTER.test(word)).length;
  return words.length - characters + Math.ceil(characters / 4);
}

/** All marks have the same length, so that none is the beginning of another. */
function ownerMark(ownerId: number): string {
  return ownerId.toString(36).padStart(OWNER_DIGITS, '0');
}

function wordsOf(text: string): string[] {
  const words = foldText(text, { accents: false }).match(WORD) ?? [];
  return words.map(word => {
    if (word.length > WORD_LENGTH) {
      return [...word].slice(0, WORD_LENGTH).join('');
    }
    return word.length === 1 ? withoutAsciiSign(word) : word;
  });
}

/** An ASCII sign becomes its full-width form, which no index reads as syntax. */
function withoutAsciiSign(word: string): string {
  return /[!-/:-@[-`{-~]/.test(word) ? String.fromCodePoint(word.charCodeAt(0) + FULLWIDTH) : word;
}
