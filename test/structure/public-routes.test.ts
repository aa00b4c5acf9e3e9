import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call } from '../support/client.js';
import { isDocumentation, liveRoutes } from '../support/live-routes.js';

/**
 * The routes that anyone may call without a token. A new route with `@Public()` must be added here, where
 * a reviewer sees it.
 */
const PUBLIC = [
  'GET /',
  'GET /.well-known/jwks.json',
  'GET /docs',
  'GET /docs/',
  'GET /docs/:file',
  'GET /health/live',
  'GET /health/ready',
  'GET /login',
  'GET /openapi.json',
  'GET /openapi.yaml',
  'GET /problems/:code',
  'POST /login',
  'POST /password-reset',
  'POST /register',
  'POST /token/refresh',
];

interface Operation {
  method: string;
  url: string;
}

describe('the routes', () => {
  let running: RunningApp;
  let live: Operation[];
  let document: {
    paths: Record<string, Record<string, { security?: object[]; operationId?: string }>>;
  };

  beforeAll(async () => {
    running = await startApp('sqlite');
    live = (await liveRoutes(running)).flatMap(({ url, methods }) =>
      methods
        .filter(method => method !== 'HEAD' && method !== 'OPTIONS')
        .map(method => ({ method, url })),
    );
    document = (await call(running.url, 'GET', '/openapi.json')).body;
  });
  afterAll(() => running.close());

  test('are closed to everybody without a token, but for these', async () => {
    const open: string[] = [];
    for (const { method, url } of live) {
      const path = url.replace(/:\w+/g, '7');
      const answer = await call(running.url, method, path, { headers: { accept: '*/*' } });
      if (answer.body?.type !== '/problems/token_missing') {
        open.push(`${method} ${url}`);
      }
    }
    expect(open.toSorted()).toEqual(PUBLIC);
  });

  test('are in the OpenAPI document, each of them and nothing else, save the documentation', () => {
    const documented = operations().map(({ method, url }) => `${method} ${url}`);
    const served = live
      .filter(({ url }) => !isDocumentation(url))
      .map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);
    expect(documented.toSorted()).toEqual(served.toSorted());
  });

  test('say in the OpenAPI document what they ask of a caller', () => {
    for (const { method, url, security } of operations()) {
      const name = `${method} ${url.replace(/\{(\w+)\}/g, ':$1')}`;
      const schemes = (security ?? []).flatMap(scheme => Object.keys(scheme));
      const expected = PUBLIC.includes(name)
        ? url === '/login'
          ? ['basic']
          : []
        : ['bearer', 'x-access-tokens'];
      expect([name, schemes]).toEqual([name, expected]);
    }
  });

  test('have separate names in the OpenAPI document', () => {
    const names = operations().map(({ operationId }) => operationId);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
  });

  const operations = () =>
    Object.entries(document.paths).flatMap(([url, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        method: method.toUpperCase(),
        url,
        ...operation,
      })),
    );
});
