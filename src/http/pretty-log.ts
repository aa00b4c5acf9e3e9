import type { FastifyInstance } from 'fastify';

type Line = Record<string, unknown>;

interface LoggedError {
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/** Ids of ours are shorter; a longer part of a path may be a token in the wrong place. */
const LONGEST_SEGMENT = 40;

/** Control characters, and those that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const INDENT = '    ';

/** A line of the JSON log for a terminal: one line, and with an error of level `error` its stack. */
export function prettyLines(json: string): string {
  let line: Line;
  try {
    line = JSON.parse(json) as Line;
  } catch {
    return `${printable(json.trimEnd())}\n`;
  }
  const { time, level, pid: _, err, stack, ...rest } = line;
  const isDefect = level === 'error' || level === 'fatal';
  const { text, fields } = rest.msg === 'request' ? requestLine(rest) : otherLine(rest);
  const reason = isDefect ? undefined : (err as LoggedError | undefined)?.message;
  const shown = Object.entries({ ...fields, err: reason })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${textOf(value)}`);
  const head = [clock(String(time)), String(level).toUpperCase().padEnd(5), text, ...shown];
  const stacks = isDefect ? stackLines((err ?? { stack }) as LoggedError) : [];
  return [printable(head.join(' ')), ...stacks, ''].join('\n');
}

function requestLine(line: Line): { text: string; fields: Line } {
  const { method, path, route, status, duration_ms, user_id, reqId, msg: _, ...others } = line;
  const place = withoutTokens(String(path ?? route ?? '-'));
  const text = `${String(method)} ${place} ${String(status)} ${String(duration_ms)} ms`;
  return { text, fields: { user: user_id, request: reqId, ...others } };
}

/** Without the fields that the message already has. */
function otherLine({ msg, reqId, ...others }: Line): { text: string; fields: Line } {
  const text = String(msg ?? '');
  const fields = Object.entries(others).filter(
    ([, value]) => typeof value !== 'string' || !text.includes(value),
  );
  return { text, fields: { request: reqId, ...Object.fromEntries(fields) } };
}

/** Gives the lines of each request its path, without the query. Only a terminal shows paths. */
export function logPaths(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, _reply, done) => {
    const [path] = request.url.split('?', 1);
    request.log = request.log.child({ path });
    done();
  });
}

function withoutTokens(path: string): string {
  const parts = path.split('/');
  return parts.map(part => (part.length > LONGEST_SEGMENT ? '…' : part)).join('/');
}

/** Local time of day. */
function clock(time: string): string {
  const at = new Date(time);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(11, 23);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function stackLines({ stack, cause }: LoggedError): string[] {
  const lines = stack === undefined ? [] : stack.split('\n').map(line => INDENT + printable(line));
  if (cause?.stack === undefined) {
    return lines;
  }
  const [first, ...rest] = stackLines(cause);
  return [...lines, `${INDENT}caused by ${first.trimStart()}`, ...rest];
}

/** Clients choose some texts, which must not move the cursor or hide a line. */
function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, character =>
    character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
