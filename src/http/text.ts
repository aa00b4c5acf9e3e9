import { ValidateBy } from 'class-validator';

/** Which texts a field takes. */
export interface TextRange {
  /** Lengths in Unicode code points. */
  readonly min: number;
  readonly max: number;
  /** Tabs and line breaks are allowed. */
  readonly lines?: true;
}

/** A field that is a text of this range, without other control characters. Reports one fault. */
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

/**
 * What is wrong with a text, or undefined: it must be well-formed and of this length, without control characters
 * (C0, DEL and C1) except those that the range allows.
 */
export function firstFault(value: unknown, range: TextRange): string | undefined {
  if (typeof value !== 'string') {
    return 'must be a string';
  }
  const { codePoints, wellFormed, controls, lines } = survey(value);
  if (!wellFormed) {
    return 'must be well-formed Unicode';
  }
  const isRefused = controls || (lines && !range.lines);
  const except = range.lines ? ' other than tabs and line breaks' : '';
  return (
    lengthFault(codePoints, range) ??
    (isRefused ? `must not contain control characters${except}` : undefined)
  );
}

/** Says which limit a length breaks. */
export function lengthFault(length: number, { min, max }: TextRange): string | undefined {
  const has = `it has ${length} ${length === 1 ? 'character' : 'characters'}`;
  if (length > max) {
    return `is too long: ${has}, at most ${max} are allowed`;
  }
  return length < min
    ? `is too short: ${has}, at least ${min} ${min === 1 ? 'is' : 'are'} required`
    : undefined;
}

/** One pass without a regular expression, because an import calls it for every field of every line. */
function survey(text: string) {
  let codePoints = 0;
  let wellFormed = true;
  let controls = false;
  let lines = false;
  for (let at = 0; at < text.length; at++, codePoints++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x09 || unit === 0x0a || unit === 0x0d) {
      lines = true;
    } else if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) {
      controls = true;
    } else if ((unit & 0xf800) === 0xd800) {
      const isPair = unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
      wellFormed &&= isPair;
      at += isPair ? 1 : 0;
    }
  }
  return { codePoints, wellFormed, controls, lines };
}

/** Whether a database can hold the text: PostgreSQL fails on NUL. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
