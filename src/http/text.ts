import { ValidateBy } from 'class-validator';

/** How long a text may be, in Unicode code points. */
export interface TextRange {
  readonly min: number;
  readonly max: number;
}

/**
 * A field that is a well-formed string with this number of code points and no control characters (C0, DEL, C1,
 * line breaks included). Reports one fault.
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

/** What is wrong with a text, or undefined. Reads at most `2 * max` UTF-16 units. */
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

/** One pass without a regular expression, because an import calls it for every field of every line. */
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
 * Marks that a reader may ignore: accents, Arabic and Hebrew vowel points. Not the vowels of Indic and South-East Asian
 * scripts or the sound marks of kana, which change the word.
 */
const ACCENTS = /(?![\u3099\u309a])(?=\p{Mn})[\p{Script=Inherited}\p{Script=Hebrew}]/gu;

const ASCII = /^[\0-\x7f]*$/;

/**
 * The form in which texts are compared without case: NFKC, then Unicode's full case folding, independent of locale,
 * machine and database. `ß` and `ẞ` fold to `ss`, final sigma to sigma, `ı` to `i`, `İ` to `i` with a dot above.
 * `accents: false` also folds `é` to `e` and `İ` to `i`. Folding twice changes nothing.
 */
export function foldText(text: string, { accents = true }: { accents?: boolean } = {}): string {
  if (ASCII.test(text)) {
    return text.toLowerCase();
  }
  const folded = foldCase(text);
  return accents ? folded : folded.normalize('NFKD').replace(ACCENTS, '').normalize('NFKC');
}

/** Lower case alone keeps `ß` apart from `ss`, and upper case alone `ẞ` from `SS`. */
function foldCase(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  // The lower case of sigma depends on the next letter, so prefixes would not match.
  return lower.replaceAll('ς', 'σ').normalize('NFKC');
}

/** Whether a database can hold the text: PostgreSQL fails on NUL. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
