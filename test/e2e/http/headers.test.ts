import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';
import type { Account, CallOptions } from '../../support/client.js';

const APP = 'https://app.example';

describe('header fields', () => {
  let running: RunningApp;
  let shared: RunningApp;
  let url: string;
  let user: Account;

  beforeAll(async () => {
    running = await startApp('sqlite');
    shared = await startApp('sqlite', {
      env: { CORS_ORIGINS: `${APP},https://admin.example` },
      on: running,
    });
    url = running.url;
    user = await newAccount(url);
  });
  afterAll(async () => {
    await shared.stop();
    await running.close();
  });

  /** One answer of each kind. */
  const KINDS: [kind: string, method: string, path: string, options?: CallOptions][] = [
    ['a list', 'GET', '/authors'],
    ['public', 'GET', '/health/live'],
    ['a refusal', 'GET', '/users'],
    ['no route', 'GET', '/nothing'],
    ['no method', 'PUT', '/authors'],
    ['no content', 'OPTIONS', '/authors'],
    [
      'broken JSON',
      'POST',
      '/author',
      { json: undefined, body: '{', headers: { 'content-type': 'application/json' } },
    ],
    ['a bad URL', 'GET', '/%zz'],
    ['the documentation', 'GET', '/docs'],
    ['its script', 'GET', '/docs/swagger-ui-bundle.js'],
    ['the document', 'GET', '/openapi.json'],
    ['a page on a problem', 'GET', '/problems/name_taken', { headers: { accept: 'text/html' } }],
    ['a redirect', 'GET', '/', { headers: { accept: 'text/html' } }],
  ];

  test.each(KINDS)("%s carries OWASP's security headers", async (_, method, path, options = {}) => {
    const { headers } = await call(url, method, path, { token: user.token, ...options });
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': expect.stringMatching(path.startsWith('/docs/') ? /^public/ : /^no-store$/),
      'content-security-policy': expect.stringMatching(
        /default-src 'none'.*frame-ancestors 'none'/,
      ),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
    for (const name of ['server', 'x-powered-by', 'via', 'access-control-allow-origin']) {
      expect([name, headers.get(name)]).toEqual([name, null]);
    }
  });

  test('types are named with their charset', async () => {
    for (const path of ['/authors', '/health/live', '/openapi.json', '/nothing', '/users']) {
      const { headers } = await call(url, 'GET', path, { token: user.token });
      expect(headers.get('content-type')).toMatch(/^application\/(problem\+)?json; charset=utf-8$/);
    }
    for (const path of ['/docs', '/problems/nonsense', '/openapi.yaml', '/authors/export']) {
      const options = { token: user.token, headers: { accept: 'text/html, */*' } };
      const { headers } = await call(url, 'GET', path, options);
      expect([path, headers.get('content-type')]).toEqual([
        path,
        expect.stringMatching(/; charset=utf-8(;|$)/),
      ]);
    }
  });

  test.each([
    ['a', 'a'],
    ['0b9f2c1e-7d53-4a8e-9a55-3f1d8f0c2b7a', '0b9f2c1e-7d53-4a8e-9a55-3f1d8f0c2b7a'],
    ['A.b_c-9'.padEnd(64, 'x'), 'A.b_c-9'.padEnd(64, 'x')],
    ['x'.repeat(65), undefined],
    ['a b', undefined],
    ['a"b', undefined],
    ['<script>', undefined],
    ['a, b', undefined],
    ['é', undefined],
    ['', undefined],
  ])('X-Request-Id %j is taken where it is sane', async (given, taken) => {
    const { headers, body } = await call(url, 'GET', '/nothing', {
      headers: { 'x-request-id': given },
    });
    const id = headers.get('x-request-id')!;
    expect(id).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
    expect(id === given).toBe(taken !== undefined);
    expect(body.request_id).toBe(id);
  });

  test('request ids of our own do not repeat', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => call(url, 'GET', '/health/live')),
    );
    expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(200);
  });

  describe('without CORS_ORIGINS', () => {
    test('no page elsewhere may read anything', async () => {
      const preflight = await call(url, 'OPTIONS', '/authors', {
        headers: { origin: APP, 'access-control-request-method': 'POST' },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, POST');
      const { headers } = await call(url, 'GET', '/health/live', { headers: { origin: APP } });
      for (const fields of [preflight.headers, headers]) {
        expect([...fields.keys()].filter(name => name.startsWith('access-control'))).toEqual([]);
      }
    });
  });

  describe('with CORS_ORIGINS', () => {
    const preflight = (origin: string, path = '/authors/1') =>
      call(shared.url, 'OPTIONS', path, {
        headers: {
          origin,
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization,content-type,if-match',
        },
      });

    test('an allowed origin learns what it may send', async () => {
      const { status, headers } = await preflight(APP);
      expect(status).toBe(204);
      expect(Object.fromEntries(headers)).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-methods': expect.stringContaining('PATCH'),
        'access-control-allow-headers': 'authorization,content-type,if-match',
        'access-control-max-age': '600',
        vary: expect.stringMatching(/origin/i),
      });
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    });

    test.each([
      'https://evil.example',
      'https://app.example.evil.example',
      'http://app.example',
      'null',
    ])('the origin %s is told nothing', async origin => {
      const { headers } = await preflight(origin);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      const got = await call(shared.url, 'GET', '/health/live', { headers: { origin } });
      expect(got.headers.get('access-control-allow-origin')).toBeNull();
      expect(got.headers.get('vary')).toMatch(/origin/i);
    });

    test('answers and errors can be read, with the fields that matter', async () => {
      const { token } = (await login(shared.url, user.name, user.password)).body;
      for (const [path, status] of [
        ['/authors', 200],
        ['/nothing', 404],
        ['/users', 403],
        ['/authors?x=1', 400],
      ] as const) {
        const answer = await call(shared.url, 'GET', path, { token, headers: { origin: APP } });
        expect([path, answer.status]).toEqual([path, status]);
        expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
        expect(answer.headers.get('access-control-expose-headers')).toMatch(
          /ETag.*Retry-After.*X-Request-Id/,
        );
      }
    });

    test('OPTIONS that is no preflight tells Allow as ever', async () => {
      const plain = await call(shared.url, 'OPTIONS', '/authors', { headers: { origin: APP } });
      expect([plain.status, plain.headers.get('allow')]).toEqual([
        204,
        'DELETE, GET, HEAD, OPTIONS, POST',
      ]);
      expect((await call(shared.url, 'OPTIONS', '/nothing')).status).toBe(404);
    });
  });
});
