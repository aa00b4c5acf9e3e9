import { ValidateBy } from 'class-validator';

/** How long a text may be, in Unicode code points. */
export interface TextRange {
  readonly min: number;
  readonly max: number;
}

/**
 * A member that is a string of so many code points, well-formed and without control characters (C0, DEL and C1,
 * line breaks among them). Tells one fault.
 */
export function IsText(range: TextRange): PropertyDecorator {
  return ValidateBy({
    name: 'isText',
    constraints: [range],
    validator: {
      validate: value => firstFault(value, range) === undefined,
      defaultMessage: args => firstFault(args?.value, range) ?? '',
    },
  });
}

/** What is wrong with a value that should be a text, or undefined. Never looks at more than `2 * max` units. */
export function firstFault(value: unknown, { min, max }: TextRange): string | undefined {
  if (typeof value !== 'string') {
    return 'must be a string';
  }
  const wrongLength = `must be ${min} to ${max} characters`;
  if (value.length > 2 * max) {
    return wrongLength;
  }
  const { codePoints, wellFormed, controls } = survey(value);
  if (!wellFormed) {
    return 'must be well-formed Unicode';
  }
  if (codePoints < min || codePoints > max) {
    return wrongLength;
  }
  return controls ? 'must not contain control characters' : undefined;
}

/** One pass without a regular expression: an import asks this of every member of every line. */
function survey(text: string): { codePoints: number; wellFormed: boolean; controls: boolean } {
  let codePoints = 0;
  let wellFormed = true;
  let controls = false;
  for (let at = 0; at < text.length; at++, codePoints++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) {
      controls = true;
    } else if ((unit & 0xf800) === 0xd800) {
      const isPair = unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
      wellFormed &&= isPair;
      at += isPair ? 1 : 0;
    }
  }
  return { codePoints, wellFormed, controls };
}

/**
 * Marks that writing systems add to a letter: accents, Arabic and Hebrew vowel points. Not the vowels of Indic and
 * South-East Asian scripts, nor the sound marks of kana, without which a word is another word.
 */
const ACCENTS = /(?![\u3099\u309a])(?=\p{Mn})[\p{Script=Inherited}\p{Script=Hebrew}]/gu;

const ASCII = /^[\0-\x7f]*$/;

/**
 * The form in which texts are compared without regard to case: compatibility forms (NFKC), then Unicode's full case
 * folding, the same on every machine and database whatever the locale. `ß` and `ẞ` fold to `ss`, final sigma to
 * sigma, dotless `ı` to `i`; `İ` to `i` with a dot above, as Unicode has it. Without accents, `é` and `İ` are `e` and
 * `i` too. Folding what is folded changes nothing.
 */
export function foldText(text: string, { accents = true }: { accents?: boolean } = {}): string {
  if (ASCII.test(text)) {
    return text.toLowerCase();
  }
  const folded = foldCase(text);
  return accents ? folded : folded.normalize('NFKD').replace(ACCENTS, '').normalize('NFKC');
}

/** Lower case alone leaves `ß` beside `ss`, and upper case `ẞ` beside `SS`: together they meet. */
function foldCase(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  // Lower case of sigma depends on what follows, which would make the fold of a word no prefix of a longer one's.
  return lower.replaceAll('ς', 'σ').normalize('NFKC');
}

/** Whether a database can hold the text: PostgreSQL fails on NUL. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
