import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';

const PUBLIC_URL = 'https://example.org/library';

describe('PUBLIC_URL, below a path of a proxy', () => {
  let running: RunningApp;
  let token: string;

  beforeAll(async () => {
    running = await startApp('sqlite', { env: { PUBLIC_URL: `${PUBLIC_URL}/` } });
    ({ token } = await newAccount(running.url));
  });
  afterAll(() => running.close());

  const get = (path: string, accept = '*/*') =>
    fetch(running.url + path, { redirect: 'manual', headers: { accept } });

  test('is the base of Location and Link', async () => {
    const json = { name: 'Paul Lynch', book: 'Prophet Song', country: 'Ireland' };
    const first = await call(running.url, 'POST', '/author', { token, json });
    expect(first.headers.get('location')).toBe(`${PUBLIC_URL}/authors/${first.body.id}`);
    await call(running.url, 'POST', '/author', { token, json: { ...json, book: 'Grace' } });
    const page = await call(running.url, 'GET', '/authors?limit=1', { token });
    expect(page.headers.get('link')).toMatch(
      /^<https:\/\/example\.org\/library\/authors\?limit=1&cursor=/,
    );
  });

  test('is the base in an answer that is given again for its Idempotency-Key', async () => {
    const json = { name: 'Paul Lynch', book: 'Beyond the Sea', country: 'Ireland' };
    const headers = { 'idempotency-key': '"one"' };
    const locations = [];
    for (let time = 0; time < 2; time += 1) {
      const answer = await call(running.url, 'POST', '/author', { token, json, headers });
      locations.push(answer.headers.get('location'));
    }
    expect(locations[0]).toContain(`${PUBLIC_URL}/authors/`);
    expect(locations[1]).toBe(locations[0]);
  });

  test('is the base of redirects, links, and the server of the OpenAPI document', async () => {
    expect((await get('/', 'text/html')).headers.get('location')).toBe(`${PUBLIC_URL}/docs`);
    expect((await get('/docs/')).headers.get('location')).toBe(`${PUBLIC_URL}/docs`);
    const links: unknown = await (await get('/', 'application/json')).json();
    expect(links).toMatchObject({
      documentation: `${PUBLIC_URL}/docs`,
      login: `${PUBLIC_URL}/login`,
    });
    const document = (await (await get('/openapi.json')).json()) as { servers: unknown };
    expect(document.servers).toEqual([{ url: PUBLIC_URL, description: 'this server' }]);
    expect(JSON.stringify(document)).not.toContain('"/problems/');
    const yaml = await (await get('/openapi.yaml')).text();
    expect(yaml).toContain(`url: ${PUBLIC_URL}\n`);
    expect(yaml).not.toMatch(/["' ]\/problems\//);
  });

  test('is the base of the type of each problem, however early it is answered', async () => {
    // Not by `call`, which compares answers with the committed document.
    const typeOf = async (path: string, init?: RequestInit): Promise<string | undefined> => {
      const answer = await fetch(running.url + path, init);
      return ((await answer.json()) as { type: string }).type;
    };
    const headers = { 'content-type': 'application/json' };
    const types = [
      await typeOf('/authors'),
      await typeOf('/nothing'),
      await typeOf('/authors/%zz'),
      await typeOf('/register', { method: 'POST', headers, body: '{}' }),
    ];
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    socket.end('NOT HTTP\r\n\r\n');
    types.push(/"type":"([^"]+)"/.exec(await text(socket))?.[1]);
    expect(types.map(type => String(type).startsWith(`${PUBLIC_URL}/problems/`))).toEqual(
      types.map(() => true),
    );
  });

  test('leaves no address from the root in the pages', async () => {
    for (const path of [
      '/docs',
      '/docs/start.js',
      '/problems/not_found',
      '/problems/invalid_token',
    ]) {
      const page = await (await get(path)).text();
      expect([path, /(?:href|src|url)[=:] ?["']\//.test(page)]).toEqual([path, false]);
    }
  });
});
