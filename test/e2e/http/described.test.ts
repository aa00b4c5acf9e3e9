import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ADMIN, withFirstAdmin } from '../../support/admin.js';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, basic, call, freshName, login, newAccount } from '../../support/client.js';
import type { CallOptions } from '../../support/client.js';

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, { content?: object }>;
  security: Record<string, unknown>[];
}

const FILE = new URL('../../../openapi.json', import.meta.url);
const { paths } = JSON.parse(readFileSync(FILE, 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};

const OPERATIONS = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    ...operation,
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, '7'),
  })),
);

type Described = (typeof OPERATIONS)[number];

const having = (status: number, except: readonly string[] = []): Described[] =>
  OPERATIONS.filter(
    ({ operationId, responses }) => status in responses && !except.includes(operationId),
  );

/** What operations answer alike, whatever they do; the document is compared with each answer. */
describe('the document, and the answer of', () => {
  let running: RunningApp;
  let admin: string;
  let refreshToken: string;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    running = await startApp('sqlite', { env: withFirstAdmin() });
    ({
      body: { token: admin, refresh_token: refreshToken },
    } = await login(running.url, ADMIN, PASSWORD));
    for (const scope of ['authors:read', 'authors:write']) {
      const json = { name: scope, scopes: [scope] };
      tokens[scope] = (
        await call(running.url, 'POST', '/tokens', { token: admin, json })
      ).body.token;
    }
  });

  afterAll(() => running.close());

  /** A request that gets as far as it can: by an admin who has just logged in, with the body of the example. */
  function send(operation: Described, more: CallOptions & { query?: string } = {}) {
    const { method, path, security, requestBody } = operation;
    const isLogin = security.some(scheme => 'basic' in scheme);
    const example = requestBody?.content['application/json']?.example;
    return call(running.url, method, path + (more.query ?? ''), {
      ...(isLogin ? {} : { token: admin }),
      ...(example !== undefined && more.body === undefined && { json: example }),
      ...more,
      headers: { ...(isLogin && { authorization: basic(ADMIN, PASSWORD) }), ...more.headers },
    });
  }

  test.each(having(406))('$operationId to a client that wants an image', async operation => {
    const { status } = await send(operation, { headers: { accept: 'image/png' } });
    expect(status).toBe(406);
  });

  const PRODUCED = OPERATIONS.flatMap(operation =>
    Object.entries(operation.responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([, { content }]) => Object.keys(content ?? { 'application/problem+json': {} }))
      .map(accept => ({ operation, operationId: operation.operationId, accept })),
  );
  test.each(PRODUCED)(
    '$operationId to a client that wants $accept',
    async ({ operation, accept }) => {
      // Without credentials, because some operations would end the session of the other tests.
      const { method, path } = operation;
      expect((await call(running.url, method, path, { headers: { accept } })).status).not.toBe(406);
    },
  );

  test.each(having(400))('$operationId to an unknown parameter', async operation => {
    const { status, body } = await send(operation, { query: '?nonsense=1' });
    expect([status, body.type]).toEqual([400, '/problems/invalid_query']);
  });

  test.each(having(401, ['refresh']))('$operationId without credentials', async operation => {
    const { status } = await call(running.url, operation.method, operation.path);
    expect(status).toBe(401);
  });

  const openTo403 = ({ security }: Described): boolean => security.length > 0;
  test.each(having(403).filter(openTo403))('$operationId without the right', async operation => {
    const isRead = ['listAuthors', 'getAuthor', 'exportAuthors'].includes(operation.operationId);
    const token = tokens[isRead ? 'authors:write' : 'authors:read'];
    expect((await send(operation, { token })).status).toBe(403);
  });

  const isOfNone = ({ path }: Described): boolean => path.includes('/7');
  test.each(having(404).filter(isOfNone))('$operationId of what is not there', async operation => {
    expect((await send(operation)).status).toBe(404);
  });

  test.each(having(415))('$operationId to a body of another type', async operation => {
    const headers = { 'content-type': 'text/x-nonsense' };
    const { status } = await send(operation, { headers, body: 'nonsense' });
    expect(status).toBe(415);
  });

  test.each(having(413, ['importAuthors']))('$operationId to a long body', async operation => {
    const { status } = await send(operation, { json: { name: 'x'.repeat(70_000) } });
    expect(status).toBe(413);
  });

  test.each(having(422, ['importAuthors']))('$operationId to an unknown field', async operation => {
    expect((await send(operation, { json: { nonsense: 1 } })).status).toBe(422);
  });

  test('register, login and createAuthor beyond their limits', async () => {
    const env = { REGISTER_LIMIT: '2/h', MAX_RECORDS_PER_USER: '1' };
    const small = await startApp('sqlite', { env });
    const { token } = await newAccount(small.url);
    const name = freshName();
    const registered = async () =>
      (await call(small.url, 'POST', '/register', { json: { name, password: PASSWORD } })).status;
    expect([await registered(), await registered()]).toEqual([201, 429]);
    const created = async (book: string) =>
      (await call(small.url, 'POST', '/author', { token, json: { name, book } })).status;
    expect([await created('one'), await created('two')]).toEqual([201, 507]);
    const authorization = basic(name, 'a wrong password');
    let status = 0;
    for (let tries = 0; status !== 429 && tries < 20; tries += 1) {
      ({ status } = await call(small.url, 'GET', '/login', { headers: { authorization } }));
    }
    expect(status).toBe(429);
    await small.close();
  });

  test.each(['GET', 'POST'])('%s /authors to two different tokens', async method => {
    const { status, headers } = await call(running.url, method, '/authors', {
      token: admin,
      headers: { 'x-access-tokens': tokens['authors:read'] },
      ...(method === 'POST' && { json: { name: 'a', book: 'b' } }),
    });
    expect(status).toBe(400);
    expect(headers.get('www-authenticate')).toContain('error="invalid_request"');
  });

  describe('an operation without its database:', () => {
    beforeAll(async () => {
      const { Database } = await import('#dist/database/database.js' as string);
      const { retryLater } = await import('#dist/problems/problem.js' as string);
      for (const method of ['all', 'get', 'run', 'change', 'write', 'ping']) {
        vi.spyOn(
          Database.prototype as Record<string, () => Promise<void>>,
          method,
        ).mockImplementation(() => Promise.reject(retryLater('unavailable', 1)));
      }
    });

    afterAll(() => vi.restoreAllMocks());

    test.each(having(503))('$operationId', async operation => {
      const isRefresh = operation.operationId === 'refresh';
      const body = isRefresh ? { json: { refresh_token: refreshToken } } : {};
      const { status, headers } = await send(operation, body);
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
    });
  });

  describe('an operation with a defect:', () => {
    beforeAll(async () => {
      const { JwtAuthGuard } = await import('#dist/auth/jwt-auth.guard.js' as string);
      vi.spyOn(JwtAuthGuard.prototype as { canActivate(): true }, 'canActivate').mockImplementation(
        () => {
          throw new Error('a defect');
        },
      );
    });

    afterAll(() => vi.restoreAllMocks());

    test.each(having(500))('$operationId', async operation => {
      const { status, text } = await send(operation);
      expect(status).toBe(500);
      expect(text).not.toContain('a defect');
    });
  });
});
