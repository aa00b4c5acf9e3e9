import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import { expectProblem } from '../../support/problems.js';
import { sendRaw } from '../../support/raw.js';

const HOST = 'Host: library.example\r\n';
const CLOSE = 'Connection: close\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

/** Requests that two readers could understand differently, or that are none (RFC 9112). */
const REFUSED: Record<string, { bytes: string; status?: number; code?: string }> = {
  'Transfer-Encoding with Content-Length': {
    bytes: `POST /register HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  },
  'two Content-Lengths': {
    bytes: `POST /register HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
  },
  'a Content-Length with a sign': {
    bytes: `POST /register HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: +2\r\n\r\n{}`,
  },
  'a chunk size that is none': {
    bytes: `POST /register HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n`,
  },
  'lines that end in LF alone': { bytes: 'GET /health/live HTTP/1.1\nHost: x\n\n' },
  'no Host': { bytes: 'GET /health/live HTTP/1.1\r\n\r\n' },
  'no Host where there is no route': { bytes: 'GET /nothing HTTP/1.1\r\n\r\n' },
  'two Hosts': { bytes: `GET /health/live HTTP/1.1\r\n${HOST}Host: other.example\r\n\r\n` },
  'a space before the colon': { bytes: 'GET /health/live HTTP/1.1\r\nHost : x\r\n\r\n' },
  'a folded line': { bytes: `GET /health/live HTTP/1.1\r\n${HOST}X-A: b\r\n c\r\n\r\n` },
  'NUL in a header': { bytes: `GET /health/live HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n` },
  'a space in the target': { bytes: `GET /health live HTTP/1.1\r\n${HOST}\r\n` },
  'bytes beyond ASCII in the target': { bytes: `GET /h\xc3\xa9 HTTP/1.1\r\n${HOST}\r\n` },
  'bad percent-encoding': { bytes: `GET /authors/%zz HTTP/1.1\r\n${HOST}${CLOSE}\r\n` },
  'percent-encoding that is no UTF-8': { bytes: `GET /%ff%fe HTTP/1.1\r\n${HOST}${CLOSE}\r\n` },
  'an unknown method': { bytes: `FOO /authors HTTP/1.1\r\n${HOST}${CLOSE}\r\n` },
  'an unknown version': { bytes: `GET / HTTP/3.0\r\n${HOST}\r\n` },
  'the preface of HTTP/2': { bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  'a TLS handshake': { bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n' },
  CONNECT: { bytes: `CONNECT library.example:443 HTTP/1.1\r\n${HOST}\r\n` },
  'an unknown expectation': {
    bytes: `POST /register HTTP/1.1\r\n${HOST}Expect: more\r\n${JSON_TYPE}Content-Length: 2\r\n\r\n{}`,
    status: 417,
    code: 'expectation_failed',
  },
  'a header of 40 kB': {
    bytes: `GET /health/live HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(40_000)}\r\n\r\n`,
    status: 431,
    code: 'headers_too_large',
  },
  'an address of 20 kB': {
    bytes: `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`,
    status: 431,
    code: 'headers_too_large',
  },
  'an address of 9 kB': {
    bytes: `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    status: 414,
    code: 'uri_too_long',
  },
  TRACE: {
    bytes: `TRACE /authors HTTP/1.1\r\n${HOST}${CLOSE}X-Secret: s\r\n\r\n`,
    status: 405,
    code: 'method_not_allowed',
  },
};

/** Ways to write the address of a route that needs a token; some have led past middleware before. */
const PATH_FORMS = [
  '/users',
  '/%75sers',
  '/%75%73%65%72%73',
  '//users',
  '/users/',
  '/users//',
  '/./users',
  '/x/../users',
  '/users;a=1',
  '/USERS',
  '/users%2f',
  '/users%00',
  '/users?x=/health/live',
  '/health/live/../../users',
  'http://library.example/users',
  'http://library.example//users',
];

describe('below the routes', () => {
  let running: RunningApp;
  let url: string;

  beforeAll(async () => {
    running = await startApp('sqlite');
    url = running.url;
  });
  afterAll(() => running.close());

  test.each(Object.entries(REFUSED))(
    'refuses %s',
    async (_, { bytes, status = 400, code = 'invalid_request' }) => {
      const answer = await sendRaw(url, bytes);
      await expectProblem(url, { ...answer, text: answer.body }, status, code);
      expect(answer.headers.connection?.toLowerCase()).toBe('close');
      expect(Date.parse(answer.headers.date)).not.toBeNaN();
      expect(answer.body).not.toContain('X-Secret');
    },
  );

  test.each(PATH_FORMS)('does not open /users by the path %s', async form => {
    const answer = await sendRaw(url, `GET ${form} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
    expect([400, 401, 404]).toContain(answer.status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).not.toContain('created_at');
  });

  test('ends a request whose headers come too slowly, with 408', async () => {
    // Node looks for them every second; what it finds too slow is said here, to spare the test the wait.
    const server = running.app.getHttpServer();
    const { headersTimeout } = server;
    expect(headersTimeout).toBe(10_000);
    server.headersTimeout = 200;
    try {
      const answer = await sendRaw(url, `POST /register HTTP/1.1\r\n${HOST}${JSON_TYPE}`);
      await expectProblem(url, { ...answer, text: answer.body }, 408, 'request_timeout');
    } finally {
      server.headersTimeout = headersTimeout;
    }
  });

  test.each(['Content-Length: 9', 'Transfer-Encoding: chunked'])(
    'ends a request whose body has not come after 30 s, with 408 (%s)',
    async framing => {
      const arrival = once(running.app.getHttpServer(), 'request');
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const start = `POST /register HTTP/1.1\r\n${HOST}${JSON_TYPE}${framing}\r\n\r\n`;
        const answered = sendRaw(url, start);
        await arrival;
        vi.advanceTimersByTime(29_999);
        const early = await Promise.race([answered, call(url, 'GET', '/health/live')]);
        expect(early.status).toBe(200);
        vi.advanceTimersByTime(1);
        const answer = await answered;
        await expectProblem(url, { ...answer, text: answer.body }, 408, 'request_timeout');
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test.each([
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['not HTTP\r\n\r\n'],
  ])('survives a client that sends %j and resets the connection', async bytes => {
    const { hostname, port } = new URL(url);
    const accepted = once(running.app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const socket = connect(Number(port), hostname);
    const [served] = await accepted;
    const ended = new Promise(resolve => served.once('close', resolve));
    socket.write(bytes, () => socket.resetAndDestroy());
    // An error that no listener hears would end the process, and here the test run.
    await ended;
    expect((await call(url, 'GET', '/health/live')).status).toBe(200);
  });

  test('reads the body after 100 Continue', async () => {
    const answer = await sendRaw(
      url,
      `POST /register HTTP/1.1\r\n${HOST}${CLOSE}${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(answer.status).toBe(100);
    expect(answer.body).toMatch(/^HTTP\/1\.1 422 /);
  });

  test('serves HTTP/1.0 without a Host, and the absolute form', async () => {
    expect((await sendRaw(url, 'GET /health/live HTTP/1.0\r\n\r\n')).status).toBe(200);
    const { token } = await newAccount(url);
    const answer = await sendRaw(
      url,
      `PUT http://library.example/authors HTTP/1.1\r\n${HOST}${CLOSE}Authorization: Bearer ${token}\r\n\r\n`,
    );
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('DELETE, GET, HEAD, OPTIONS, POST');
    expect(JSON.parse(answer.body).instance).toBe('/authors');
  });

  test('is alive after all that', async () => {
    expect((await call(url, 'GET', '/health/ready')).status).toBe(200);
    expect(running.lines.filter(line => JSON.parse(line).level === 'error')).toEqual([]);
  });
});
