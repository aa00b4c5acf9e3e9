import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, withFirstAdmin } from '../../support/admin.js';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, basic, call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { expectProblem } from '../../support/problems.js';
import { sendRaw } from '../../support/raw.js';
import type { RawAnswer } from '../../support/raw.js';

const LEFT_OVER = [
  'application/json',
  'application/json; charset=latin1',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data; boundary=x',
  'nonsense',
  '',
];

/** No content, however a client frames it. */
const EMPTY: Record<string, string> = {
  'no body': '\r\n',
  'Content-Length: 0': 'Content-Length: 0\r\n\r\n',
  'an empty chunked body': 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
};

/** Routes that take no body, and what each answers. */
const BODYLESS: [route: string, status: number][] = [
  ['GET /authors', 200],
  ['HEAD /authors', 200],
  ['OPTIONS /authors', 204],
  ['GET /login', 200],
  ['POST /login', 200],
  ['DELETE /authors/1', 404],
  ['DELETE /tokens/x', 404],
  ['DELETE /sessions/x', 404],
  ['DELETE /sessions', 204],
  ['DELETE /users/x', 404],
  ['POST /users/x/reset', 404],
  ['POST /users/x/ticket', 404],
];

describe('requests of real clients', () => {
  let running: RunningApp;
  let url: string;
  let admin: Account;
  let guest: Account;

  beforeAll(async () => {
    running = await startApp('sqlite', { env: withFirstAdmin() });
    url = running.url;
    const { body } = await call(url, 'POST', '/login', {
      headers: { authorization: basic(ADMIN, PASSWORD) },
    });
    admin = { ...(await newAccount(url)), name: ADMIN, token: body.token };
  });
  afterAll(() => running.close());

  const raw = (route: string, fields: string[], rest: string): Promise<RawAnswer> => {
    const who = route.endsWith('/login') ? basic(guest.name, PASSWORD) : `Bearer ${admin.token}`;
    const head = [`${route} HTTP/1.1`, 'Host: x', 'Connection: close', `Authorization: ${who}`];
    return sendRaw(url, `${[...head, ...fields].join('\r\n')}\r\n${rest}`);
  };

  describe.each(Object.entries(EMPTY))('with a left-over Content-Type and %s', (_, rest) => {
    // An account may log in 30 times an hour.
    beforeAll(async () => {
      guest = await newAccount(url);
    });

    test.each(BODYLESS)('%s answers as without it', async (route, status) => {
      for (const type of LEFT_OVER) {
        const answer = await raw(route, [`Content-Type: ${type}`], rest);
        expect([type, answer.status, answer.status === status ? '' : answer.body]).toEqual([
          type,
          status,
          '',
        ]);
      }
    });

    test('POST /logout answers as without it', async () => {
      for (const type of LEFT_OVER) {
        const { token } = await newAccount(url);
        const head = `POST /logout HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-access-tokens: ${token}\r\n`;
        const answer = await sendRaw(url, `${head}Content-Type: ${type}\r\n${rest}`);
        expect([type, answer.status]).toEqual([type, 204]);
      }
    });

    test.each(['POST /author', 'POST /register', 'PATCH /users/me', 'DELETE /users/me'])(
      '%s says that the body is missing',
      async route => {
        for (const type of LEFT_OVER) {
          const answer = await raw(route, [`Content-Type: ${type}`], rest);
          expect(
            await expectProblem(url, { ...answer, text: answer.body }, 400, 'invalid_json'),
          ).toMatchObject({
            detail: 'the body is missing: send a JSON object',
          });
        }
      },
    );

    test('POST /authors/import asks for a type that it accepts', async () => {
      const answer = await raw('POST /authors/import', ['Content-Type: text/plain'], rest);
      expect(answer.status).toBe(415);
      expect(answer.headers['accept-post']).toContain('text/csv');
    });
  });

  test('a body of a type that a route does not accept is refused, on routes without a body too', async () => {
    for (const framing of [
      'Content-Length: 1\r\n\r\nx',
      'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    ]) {
      for (const route of ['POST /author', 'POST /users/x/reset', 'DELETE /authors/1']) {
        const answer = await raw(route, ['Content-Type: text/plain'], framing);
        expect([route, answer.status]).toEqual([route, 415]);
      }
    }
  });

  describe('Content-Type', () => {
    const body = '{"name":7}';

    test.each(['latin1', 'utf-16', 'utf8', 'utf-8; charset=latin1', '"utf-7"'])(
      'charset=%s is refused and named',
      async charset => {
        const answer = await call(url, 'POST', '/author', {
          token: admin.token,
          headers: { 'content-type': `application/json; charset=${charset}` },
          body,
        });
        const problem = await expectProblem(url, answer, 415, 'unsupported_media_type');
        expect(problem.detail).toBe('the charset of the body must be utf-8 or us-ascii');
      },
    );

    test('the type of our own export is imported', async () => {
      const { token } = await newAccount(url);
      const file = await call(url, 'GET', '/authors/export?format=csv', { token });
      const answer = await call(url, 'POST', '/authors/import', {
        token,
        headers: { 'content-type': file.headers.get('content-type')! },
        body: 'name,book,country\r\nAnna Burns,Milkman,UK\r\n',
      });
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"created":1')]);
    });

    test.each(['POST /author', 'PATCH /authors/1', 'POST /authors/import', 'POST /register'])(
      'a compressed body of %s is refused with the encoding that is accepted',
      async route => {
        const [method, path] = route.split(' ');
        for (const encoding of ['gzip', 'br', 'deflate, gzip', 'x']) {
          const type = path.endsWith('import') ? 'text/csv' : 'application/json';
          const answer = await call(url, method, path, {
            token: admin.token,
            headers: { 'content-type': type, 'content-encoding': encoding },
            body,
          });
          await expectProblem(url, answer, 415, 'unsupported_media_type');
          expect(answer.headers.get('accept-encoding')).toBe('identity');
          expect(answer.body.detail).toContain('compressed');
        }
      },
    );
  });

  test('GET / answers a browser once, without a warning', async () => {
    const before = running.lines.length;
    for (const accept of ['text/html', '*/*', 'application/json']) {
      const { status } = await call(url, 'GET', '/', { headers: { accept } });
      expect(status).toBe(accept === 'text/html' ? 302 : 200);
    }
    const levels = running.lines.slice(before).map(line => JSON.parse(line).level);
    expect(levels.filter(level => level !== 'info')).toEqual([]);
  });

  test('412 names the condition that failed', async () => {
    const { token } = await newAccount(url);
    const made = await call(url, 'POST', '/author', {
      token,
      json: { name: 'Anna Burns', book: 'Milkman', country: 'UK' },
    });
    const path = `/authors/${made.body.id}`;
    const etag = made.headers.get('etag')!;
    const cases: [headers: Record<string, string>, named: string][] = [
      [{ 'if-match': '"1-99"' }, 'If-Match'],
      [{ 'if-none-match': etag }, 'If-None-Match'],
      [{ 'if-none-match': '*' }, 'If-None-Match'],
      [{ 'if-match': etag, 'if-none-match': etag }, 'If-None-Match'],
      [{ 'if-match': '"1-99"', 'if-none-match': etag }, 'If-Match'],
    ];
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      for (const [headers, named] of cases) {
        const json = method === 'DELETE' ? undefined : { name: 'a', book: 'b', country: 'c' };
        const answer = await call(url, method, path, { token, headers, json });
        await expectProblem(url, answer, 412, 'precondition_failed');
        expect(answer.body.detail).toContain(`of ${named} does not hold`);
      }
    }
  });

  test.each([
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.'.padEnd(900, 'x'),
    'lib_pat_nonsense',
    '',
    'x'.repeat(3_000),
  ])('a refresh token that is none is 401: %.20s', async token => {
    const answer = await call(url, 'POST', '/token/refresh', { json: { refresh_token: token } });
    await expectProblem(url, answer, 401, 'refresh_refused');
  });

  test('a token pair names the whole time that was configured', async () => {
    const login = await call(url, 'POST', '/login', {
      headers: { authorization: basic(ADMIN, PASSWORD) },
    });
    const refreshed = await call(url, 'POST', '/token/refresh', {
      json: { refresh_token: login.body.refresh_token },
    });
    const again = await call(url, 'POST', '/token/refresh', {
      json: { refresh_token: login.body.refresh_token },
    });
    for (const { body } of [login, refreshed, again]) {
      expect([body.expires_in, body.refresh_expires_in]).toEqual([1_800, 2_592_000]);
    }
  });
});
