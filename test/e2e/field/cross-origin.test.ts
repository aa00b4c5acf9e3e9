import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { sendRaw } from '../../support/raw.js';

const APP = 'https://app.example';
const LONG = 'x'.repeat(9_000);

/** One request for each place that answers errors: routes, router, target checks, Node's parser. */
const ERRORS: [what: string, bytes: (fields: string) => string, status: number][] = [
  ['no token', fields => `GET /authors HTTP/1.1\r\n${fields}\r\n`, 401],
  ['no route', fields => `GET /nothing HTTP/1.1\r\n${fields}\r\n`, 404],
  ['no method', fields => `PUT /authors HTTP/1.1\r\n${fields}\r\n`, 405],
  ['a bad URL', fields => `GET /authors/%zz HTTP/1.1\r\n${fields}\r\n`, 400],
  ['a long URL', fields => `GET /authors?q=${LONG} HTTP/1.1\r\n${fields}\r\n`, 414],
  ['a long id', fields => `GET /authors/${LONG} HTTP/1.1\r\n${fields}\r\n`, 414],
  ['a bad query', fields => `GET /health/live?x=1 HTTP/1.1\r\n${fields}\r\n`, 400],
  ['two Hosts', fields => `GET /authors HTTP/1.1\r\n${fields}Host: y\r\n\r\n`, 400],
  ['an expectation', fields => `GET /authors HTTP/1.1\r\n${fields}Expect: more\r\n\r\n`, 417],
  ['a space in a name', fields => `GET / HTTP/1.1\r\n${fields}X y: z\r\n\r\n`, 400],
  [
    'two lengths',
    fields => `POST / HTTP/1.1\r\n${fields}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    400,
  ],
  ['a large header', fields => `GET / HTTP/1.1\r\n${fields}X: ${LONG}${LONG}\r\n\r\n`, 431],
  ['CONNECT', fields => `CONNECT x:1 HTTP/1.1\r\n${fields}\r\n`, 400],
];

describe('errors for a web page elsewhere', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp('sqlite', { env: { CORS_ORIGINS: `${APP},https://b.example` } });
  });
  afterAll(() => running.close());

  const ask = (bytes: (fields: string) => string, origin: string) =>
    sendRaw(running.url, bytes(`Host: x\r\nConnection: close\r\nOrigin: ${origin}\r\n`));

  test.each(ERRORS)('%s can be read by an allowed page', async (_, bytes, status) => {
    const { headers, ...answer } = await ask(bytes, APP);
    expect([answer.status, headers['access-control-allow-origin']]).toEqual([status, APP]);
    expect(headers.vary).toMatch(/origin/i);
    expect(headers['access-control-expose-headers']).toContain('Accept-Patch');
  });

  test.each(ERRORS)('%s tells another page nothing', async (_, bytes, status) => {
    for (const origin of ['https://evil.example', 'null', `${APP}.evil.example`]) {
      const { headers, ...answer } = await ask(bytes, origin);
      expect([answer.status, headers['access-control-allow-origin']]).toEqual([status, undefined]);
      expect(headers.vary).toMatch(/origin/i);
    }
  });

  test('a page can read every field of our answers', async () => {
    const { headers } = await ask(fields => `GET /health/live HTTP/1.1\r\n${fields}\r\n`, APP);
    expect(headers['access-control-expose-headers'].split(', ')).toEqual([
      'Accept-Encoding',
      'Accept-Patch',
      'Accept-Post',
      'Allow',
      'Content-Disposition',
      'ETag',
      'Idempotency-Replayed',
      'Link',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ]);
  });
});
