import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, withFirstAdmin } from '../support/admin.js';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { PASSWORD, call, login } from '../support/client.js';
import { liveRoutes } from '../support/live-routes.js';

interface Parameter {
  name: string;
  in: string;
}

describe('a query parameter', () => {
  let running: RunningApp;
  let token: string;
  let operations: { method: string; url: string }[];

  beforeAll(async () => {
    running = await startApp('sqlite', { env: withFirstAdmin() });
    ({ token } = (await login(running.url, ADMIN, PASSWORD)).body);
    const routes = await liveRoutes(running);
    operations = routes.flatMap(({ url, methods }) =>
      methods.filter(method => method !== 'OPTIONS').map(method => ({ method, url })),
    );
  });
  afterAll(() => running.close());

  const ask = (method: string, path: string, query: string) =>
    call(running.url, method, `${path}?${query}`, { token, headers: { accept: '*/*' } });

  test('that no route has is refused by every route', async () => {
    expect(operations.length).toBeGreaterThan(40);
    const others: string[] = [];
    for (const { method, url } of operations) {
      const { status, body } = await ask(method, url.replace(/:\w+/g, '7'), 'no_such_parameter=1');
      const refused = method === 'HEAD' || body?.type === '/problems/invalid_query';
      if (status !== 400 || !refused) {
        others.push(`${method} ${url}: ${status}`);
      }
    }
    expect(others).toEqual([]);
  });

  test.each([
    ['GET', '/sessions', 'limit'],
    ['GET', '/authors/1', 'fields'],
    ['POST', '/author', 'on_conflict'],
    ['DELETE', '/authors/1', 'q'],
    ['GET', '/users/me', 'access_token'],
  ])('of another route is refused: %s %s?%s', async (method, path, name) => {
    const { status, body } = await ask(method, path, `${name}=1`);
    expect([status, body.detail]).toEqual([400, `this route has no parameter ${name}`]);
  });

  test('that the OpenAPI document names is known to its route', async () => {
    const { paths } = (await call(running.url, 'GET', '/openapi.json')).body;
    let documented = 0;
    for (const [url, item] of Object.entries<Record<string, { parameters?: Parameter[] }>>(paths)) {
      for (const [method, { parameters = [] }] of Object.entries(item)) {
        for (const { name } of parameters.filter(parameter => parameter.in === 'query')) {
          documented += 1;
          const { text } = await ask(
            method.toUpperCase(),
            url.replace(/\{\w+\}/g, '7'),
            `${name}=`,
          );
          expect(text).not.toContain('has no parameter');
        }
      }
    }
    expect(documented).toBeGreaterThan(20);
  });
});
