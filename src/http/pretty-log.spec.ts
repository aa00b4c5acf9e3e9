import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { prettyLines } from './pretty-log.js';

const TIME = '2026-11-27T12:03:04.567Z';
const CLOCK = /^\d\d:\d\d:\d\d\.567 /;

const pretty = (line: object): string => prettyLines(JSON.stringify({ time: TIME, ...line }));

const REQUEST = {
  level: 'info',
  pid: 7,
  reqId: 'abc-1',
  path: '/authors/7',
  method: 'GET',
  route: '/authors/:id',
  status: 200,
  duration_ms: 1.234,
  user_id: '2a5e5fd7-4fa0-4e9c-8096-4933970e6cf3',
  address: '127.0.0.1',
  msg: 'request',
};

describe('the log on a terminal', () => {
  it('has one line for a request', () => {
    const line = pretty(REQUEST);
    expect(line).toMatch(CLOCK);
    expect(line.slice(13)).toBe(
      'INFO  GET /authors/7 200 1.234 ms user=2a5e5fd7-4fa0-4e9c-8096-4933970e6cf3 ' +
        'request=abc-1 address=127.0.0.1\n',
    );
  });

  it('says that a client left, and nothing of a user where there is none', () => {
    const { user_id: _, ...rest } = REQUEST;
    expect(pretty({ ...rest, aborted: true }).slice(13)).toBe(
      'INFO  GET /authors/7 200 1.234 ms request=abc-1 address=127.0.0.1 aborted=true\n',
    );
  });

  it('shows no part of a path that may be a secret', () => {
    const token = `lib_pat_${'x'.repeat(43)}`;
    expect(pretty({ ...REQUEST, path: `/no/${token}/route` })).toContain('GET /no/…/route 200');
  });

  it('has one line for a security event, and for each other line', () => {
    const event = { event: 'login.failed', address: '192.0.2.7', detail: { lane: 'stranger' } };
    expect(pretty({ level: 'info', ...event, msg: 'security event' }).slice(13)).toBe(
      'INFO  security event event=login.failed address=192.0.2.7 detail={"lane":"stranger"}\n',
    );
    const url = 'http://127.0.0.1:3000';
    expect(pretty({ level: 'info', api: url, msg: `listening on ${url}` }).slice(13)).toBe(
      `INFO  listening on ${url}\n`,
    );
    expect(pretty({ level: 'warn', msg: 'two\nlines' }).slice(13)).toBe('WARN  two\\nlines\n');
  });

  it('has the stack of a defect, and only then more than one line', () => {
    const cause = { type: 'TypeError', message: 'inner', stack: 'TypeError: inner\n    at c.js:3' };
    const err = {
      type: 'Error',
      message: 'boom',
      stack: 'Error: boom\n    at a.js:1\n    at b.js:2',
    };
    const failed = { reqId: 'abc-2', err: { ...err, cause }, msg: 'boom' };
    expect(pretty({ level: 'error', ...failed }).slice(13)).toBe(
      'ERROR boom request=abc-2\n' +
        '    Error: boom\n        at a.js:1\n        at b.js:2\n' +
        '    caused by TypeError: inner\n        at c.js:3\n',
    );
    expect(pretty({ level: 'warn', ...failed, msg: 'unavailable' }).slice(13)).toBe(
      'WARN  unavailable request=abc-2 err=boom\n',
    );
  });

  it.each([
    ['a path', { ...REQUEST, path: '/a\u001b[2J\u009b\u0007b' }],
    ['a message', { level: 'info', msg: 'x\u001b]0;title\u0007\r\n\u2028\u202eevil' }],
    ['a field', { level: 'info', msg: 'x', ['\u001b[2J']: '\u001b[31m', list: ['\u0085'] }],
    [
      'a stack',
      {
        level: 'error',
        msg: 'x',
        err: { stack: 'Error: \u001b[2J\n at\u009b', message: '\u0000' },
      },
    ],
  ])('sends the terminal no control character of %s', (_, line) => {
    expect(pretty(line)).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*\n/u);
    expect(pretty(line).replaceAll('\n', '')).not.toMatch(
      /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u,
    );
  });

  it('passes on what is no JSON', () => {
    expect(prettyLines('plain\u001b text\n')).toBe('plain\\u001b text\n');
  });

  it('keeps secrets out as JSON lines do', () => {
    const written: string[] = [];
    const destination = { write: (line: string) => void written.push(prettyLines(line)) };
    const log = createLogger({ logLevel: 'info', logFormat: 'pretty' }, destination);
    log.info({ password: 'hunter2', a: { token: 'hunter2' } }, 'x');
    expect(written.join('')).not.toContain('hunter2');
  });
});
