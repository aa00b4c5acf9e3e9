import { parse } from 'secure-json-parse';
import { Problem } from '../problems/problem.js';

export interface StrictJsonOptions {
  /** How many arrays and objects may lie in each other. */
  maxDepth?: number;
}

/** Throws on broken UTF-8, and leaves a byte order mark out, as RFC 8259 section 8.1 allows. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The value of a JSON text (RFC 8259) in UTF-8. A leading byte order mark is ignored. Refused beyond what JSON.parse
 * refuses: a repeated member name (however it is escaped), a number that is infinite as a double, `__proto__` and
 * `constructor` with a `prototype`, too many levels. Lone surrogates and NUL in strings are left to validation.
 * Takes linear time and no stack, whatever the text.
 * @throws Problem `invalid_json`, which says what is wrong and at which position (UTF-16 units from 0), never the text.
 */
export function parseStrictJson(
  body: Uint8Array,
  { maxDepth = 32 }: StrictJsonOptions = {},
): unknown {
  const text = decode(body);
  new Scanner(text, maxDepth).check();
  try {
    return parse(text);
  } catch (cause) {
    throw invalid('the member names __proto__ and constructor.prototype are not taken', { cause });
  }
}

function decode(body: Uint8Array): string {
  if (body.length === 0) {
    throw invalid('the body is empty');
  }
  try {
    return UTF_8.decode(body);
  } catch (cause) {
    throw invalid('the body is not valid UTF-8', { cause });
  }
}

function invalid(detail: string, options: { cause?: unknown } = {}): Problem {
  return new Problem('invalid_json', { detail, ...options });
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPED = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
const LITERALS = ['true', 'false', 'null'] as const;

/** Walks over a JSON text without building its value, to say where it breaks a rule. */
class Scanner {
  private at = 0;
  /** What is open at this place: the names seen in an object, null for an array. */
  private readonly open: (Set<string> | null)[] = [];

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  check(): void {
    this.skipSpace();
    do {
      this.startValue();
    } while (!this.endValues());
  }

  /** Goes over a scalar or an empty array or object; into any other, up to its first value. */
  private startValue(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char !== '{' && char !== '[') {
        return this.scalar();
      }
      this.enter(char === '{' ? new Set() : null);
      if (this.take(char === '{' ? '}' : ']')) {
        this.open.pop();
        return;
      }
      this.name();
    }
  }

  /** Goes over what ends here, up to the next value; true at the end of the text. */
  private endValues(): boolean {
    for (;;) {
      this.skipSpace();
      const names = this.open.at(-1);
      if (names === undefined) {
        return this.end();
      }
      if (this.take(',')) {
        this.name();
        return false;
      }
      if (!this.take(names ? '}' : ']')) {
        this.fail(names ? 'a comma or } was expected' : 'a comma or ] was expected');
      }
      this.open.pop();
    }
  }

  private enter(names: Set<string> | null): void {
    if (this.open.length === this.maxDepth) {
      this.fail(`more than ${this.maxDepth} levels`);
    }
    this.open.push(names);
    this.at++;
    this.skipSpace();
  }

  private end(): true {
    if (this.at < this.text.length) {
      this.fail('nothing more was expected');
    }
    return true;
  }

  /** In an object: a member name and the colon. */
  private name(): void {
    const names = this.open.at(-1);
    if (!names) {
      return;
    }
    const start = this.at;
    this.string('a member name in double quotes was expected');
    const quoted = this.text.slice(start, this.at);
    const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
    if (names.has(name)) {
      this.fail('a member name is repeated', start);
    }
    names.add(name);
    this.skipSpace();
    if (!this.take(':')) {
      this.fail('a colon was expected');
    }
  }

  private scalar(): void {
    const char = this.text[this.at];
    if (char === '"') {
      return this.string('');
    }
    if (char === '-' || (char >= '0' && char <= '9')) {
      return this.number();
    }
    const literal = LITERALS.find(word => this.text.startsWith(word, this.at));
    if (!literal) {
      this.fail('a value was expected');
    }
    this.at += literal.length;
  }

  private number(): void {
    NUMBER.lastIndex = this.at;
    const [digits] = NUMBER.exec(this.text) ?? this.fail('a number is malformed');
    if (!Number.isFinite(Number(digits))) {
      this.fail('a number is too large');
    }
    this.at += digits.length;
  }

  private string(elsewise: string): void {
    if (this.text[this.at] !== '"') {
      this.fail(elsewise);
    }
    for (this.at++; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x22) {
        this.at++;
        return;
      }
      if (code < 0x20) {
        this.fail('a control character in a string is not escaped');
      }
      if (code === 0x5c) {
        this.escape();
      }
    }
    this.fail('a string does not end');
  }

  /** From the backslash to the last character of the escape. */
  private escape(): void {
    ESCAPED.lastIndex = this.at + 1;
    const [escaped] = ESCAPED.exec(this.text) ?? this.fail('a backslash escapes nothing');
    this.at += escaped.length;
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) {
      return false;
    }
    this.at++;
    this.skipSpace();
    return true;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
        return;
      }
      this.at++;
    }
  }

  private fail(what: string, at = this.at): never {
    throw invalid(
      `${at < this.text.length ? what : 'the JSON text is incomplete'} (at position ${at})`,
    );
  }
}
