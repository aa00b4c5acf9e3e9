import { parse, safeParse } from 'secure-json-parse';
import { Problem } from '../problems/problem.js';

/** How many arrays and objects may nest. */
const MAX_DEPTH = 32;

/** Keeps a byte order mark, so that secure-json-parse skips one (RFC 8259, 8.1) and refuses two. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whatever opens or closes a level, starts a string or may be an infinite number. */
const TOKEN = /["{}[\]]|\d[\d.eE+-]*/g;
const COLON = /[ \t\r\n]*:/y;

/**
 * The value of a JSON text (RFC 8259) in UTF-8. Refuses more than JSON.parse does: a repeated name (however it is
 * escaped), a number that is infinite as a double, `__proto__`, `constructor.prototype`, and more than 32 levels.
 * Takes linear time and no stack for any text. Validation deals with lone surrogates and NUL in strings.
 * @throws Problem `invalid_json`, whose detail never repeats the text.
 */
export function parseStrictJson(body: Uint8Array): unknown {
  const text = decode(body);
  checkStructure(text);
  try {
    return parse(text);
  } catch (error) {
    // Not as the cause, which would put a part of the text into the log.
    throw invalid(reasonOf(error as SyntaxError));
  }
}

function decode(body: Uint8Array): string {
  if (body.length === 0) {
    throw invalid('the body is empty');
  }
  try {
    return UTF_8.decode(body);
  } catch {
    throw invalid('the body is not valid UTF-8');
  }
}

/** Checks what JSON.parse lets through. Broken syntax may pass here, because JSON.parse refuses it afterwards. */
function checkStructure(text: string): void {
  /** The names so far in each open object; those of an array stay empty. */
  const open: Set<string>[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    if (token === '"') {
      TOKEN.lastIndex = COLON.lastIndex = endOfString(text, match.index);
      if (COLON.test(text)) {
        addName(open.at(-1), text.slice(match.index, TOKEN.lastIndex));
      }
    } else if (token === '{' || token === '[') {
      if (open.push(new Set()) > MAX_DEPTH) {
        throw invalid(`more than ${MAX_DEPTH} levels`);
      }
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (Number(token) === Infinity) {
      throw invalid('a number is too large');
    }
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end < 0 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text[first - 1] === '\\') {
    first -= 1;
  }
  return (at - first) % 2 === 1;
}

function addName(names: Set<string> | undefined, quoted: string): void {
  const name = quoted.includes('\\') ? String(safeParse(quoted)) : quoted.slice(1, -1);
  if (names?.has(name)) {
    throw invalid('a name is repeated in an object');
  }
  names?.add(name);
}

function reasonOf({ message }: SyntaxError): string {
  if (message === 'Object contains forbidden prototype property') {
    return 'the names __proto__ and constructor.prototype are not allowed';
  }
  const [, position] = /at position (\d+)(?: \(line [^"]*)?$/.exec(message) ?? [];
  return `the body is not valid JSON${position === undefined ? '' : ` (at position ${position})`}`;
}

function invalid(detail: string): Problem {
  return new Problem('invalid_json', { detail });
}
