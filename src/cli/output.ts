import { ConfigError } from '../config/config-error.js';
import { DatabaseStartError, withoutSecrets } from '../database/database-errors.js';
import { Problem } from '../problems/problem.js';

/** A command that cannot run as given; its message is the line that the user sees, its code is for programs. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly code = 'refused',
  ) {
    super(message);
  }
}

interface Failure {
  code: string;
  message: string;
  exit_code: number;
}

/** With --json, both outputs have JSON only. */
const isJson = process.argv.includes('--json');

let used: Readonly<Record<string, string>> = {};

/** Remembers which databases the command works on, for its last line; never shows a password. */
export function uses(urls: { database: string } | { from: string; to: string }): void {
  const shown = Object.entries(urls).map(([role, url]) => [role, withoutSecrets(url)] as const);
  used = Object.fromEntries(shown);
}

/** Prints a result on standard output: with `--json` one JSON line, otherwise the text. */
export function show(result: object, text: string): void {
  const shown = text === '' ? '' : `${printable(text)}\n`;
  process.stdout.write(isJson ? inJson(result) : shown);
}

/** The one line on standard error that ends a command: which database it used, or why it failed. */
export function reportEnd(failure?: Failure): void {
  // `serve` says it in its log.
  if (failure === undefined && Object.keys(used).length === 0) {
    return;
  }
  if (isJson) {
    process.stderr.write(inJson(failure === undefined ? used : { error: failure, ...used }));
    return;
  }
  const { database, from, to } = used;
  const place = from === undefined ? database : `from ${from} to ${to}`;
  const done = from === undefined ? `used the database ${database}` : `copied ${place}`;
  const isNamed = place === undefined || failure?.message.includes(place);
  const why =
    failure &&
    failure.message + (isNamed ? '' : ` (${from === undefined ? `database: ${place}` : place})`);
  if (why !== undefined || place !== undefined) {
    process.stderr.write(`library-api: ${printable(why ?? done).replaceAll('\n', ' ')}\n`);
  }
}

/** What to report of an error, and the exit code. */
export function explain(error: unknown): Failure {
  const failed = (code: string, message: string, exit_code = 1): Failure => ({
    code,
    message,
    exit_code,
  });
  if (error instanceof ConfigError) {
    return failed('configuration', error.message, error.exitCode);
  }
  if (error instanceof Problem) {
    return failed(error.code, error.detail);
  }
  if (error instanceof CommandError) {
    return failed(error.code, error.message);
  }
  if (error instanceof DatabaseStartError) {
    return failed(error.code, error.message);
  }
  const { code, path, message } = error as NodeJS.ErrnoException;
  const [, reason] = /^E[A-Z]+: (.*?),/.exec(message) ?? [];
  return reason !== undefined && path !== undefined
    ? failed('file', `${path}: ${reason} (${code})`)
    : failed('internal_error', `unexpected: ${message}`);
}

const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text without characters that steer a terminal or turn its text around; it keeps line breaks. */
function printable(text: string): string {
  return text.replace(HARMFUL, each =>
    each === '\n' ? each : `\\u{${each.codePointAt(0)!.toString(16)}}`,
  );
}

/** One line of JSON, in which the same characters are escaped. */
function inJson(value: object): string {
  const escaped = JSON.stringify(value).replace(HARMFUL, each =>
    [...Array(each.length).keys()]
      .map(at => `\\u${each.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${escaped}\n`;
}
