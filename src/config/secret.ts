import { readFileSync } from 'node:fs';
import type { ValueType } from './value-types.js';

const MIN_BYTES = 32;
/** With fewer, a key of any length is a pattern or a sentence of default words. */
const MIN_DISTINCT_BYTES = 8;
/** 128 bits in base64. */
const MIN_UNPREDICTABLE = 22;

/** What examples and tutorials use as a key. */
const DEFAULT_WORDS =
  /change|me|now|this|that|please|your|my|our|the|an|is|it|in|to|at|be|of|for|use|do|not|dont|default|example|sample|demo|test|dev(elopment)?|prod(uction)?|insecure|super|very|top|secure|strong|long|least|char(acter)?s?|bits?|bytes?|random|string|value|replace|with|placeholder|password|passphrase|secret|key|jwt|token|hmac|hs256|256|32|64|library|api|nest|foo|bar|[^\p{L}\p{N}]/giu;

/** A key: the UTF-8 bytes of its text. Refuses short keys and values that people forget to change, and no others. */
export const secret: ValueType<Buffer> = {
  takes: `${MIN_BYTES} bytes or more, hard to guess, such as the output of: openssl rand -base64 32`,
  parse: text => {
    const key = Buffer.from(text, 'utf8');
    return key.length >= MIN_BYTES && !isObvious(text) ? key : undefined;
  },
};

/** The key in a file, without the line break at its end; undefined if it is refused. */
export function readSecretFile(file: string): Buffer | undefined {
  return secret.parse(readFileSync(file, 'utf8').replace(/\r?\n$/, ''));
}

function isObvious(text: string): boolean {
  return (
    new Set(text).size < MIN_DISTINCT_BYTES ||
    text.replace(DEFAULT_WORDS, '').length < MIN_UNPREDICTABLE ||
    isRepeated(text) ||
    isSequence(text)
  );
}

/** Whether the text repeats one piece; the last repetition may be partial. */
function isRepeated(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period++) {
    if (text.startsWith(text.slice(period))) {
      return true;
    }
  }
  return false;
}

/** Whether most characters are the neighbours of the one before, as in `abcdef…` and `987654…`. */
function isSequence(text: string): boolean {
  let neighbours = 0;
  for (let i = 1; i < text.length; i++) {
    neighbours += Math.abs(text.charCodeAt(i) - text.charCodeAt(i - 1)) <= 1 ? 1 : 0;
  }
  return neighbours > text.length / 2;
}
