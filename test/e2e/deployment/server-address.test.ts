import { get as request } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call } from '../../support/client.js';
import { ROOT } from '../../support/process.js';

const PROXIED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'books.example.org' };

/** Importers such as Postman need absolute addresses of servers. */
describe('the server that the OpenAPI document names', () => {
  let running: RunningApp;
  let proxied: RunningApp;

  beforeAll(async () => {
    running = await startApp('sqlite');
    proxied = await startApp('sqlite', { env: { TRUST_PROXY: '127.0.0.1' } });
  });
  afterAll(() => Promise.all([running.close(), proxied.close()]));

  /** With any Host, which `fetch` does not send. */
  async function get(url: string, headers: OutgoingHttpHeaders): Promise<IncomingMessage> {
    const [answer] = (await once(request(url, { headers }), 'response')) as [IncomingMessage];
    return answer;
  }

  async function serverOf(url: string, headers: OutgoingHttpHeaders = {}): Promise<unknown> {
    const document = (await json(await get(`${url}/openapi.json`, headers))) as {
      servers: { url: string }[];
    };
    return document.servers.map(server => server.url);
  }

  test('is the address that the client used, in both formats', async () => {
    expect(await serverOf(running.url)).toEqual([running.url]);
    expect(await serverOf(running.url, { host: 'localhost:3000' })).toEqual([
      'http://localhost:3000',
    ]);
    expect(await serverOf(running.url, { host: '[::1]:3000' })).toEqual(['http://[::1]:3000']);
    const yaml = await text(await get(`${running.url}/openapi.yaml`, { host: 'books' }));
    expect(yaml).toContain('servers:\n  - url: http://books\n');
  });

  test('is not one that a client wrote into a header of proxies', async () => {
    expect(await serverOf(running.url, PROXIED)).toEqual([running.url]);
    expect(await serverOf(proxied.url, PROXIED)).toEqual(['https://books.example.org']);
  });

  test.each([
    'a"b',
    'a b',
    '<script>',
    'user@host',
    'host/path',
    'host:port',
    `${'a'.repeat(300)}`,
  ])('is the root of the same server for the Host %s', async host => {
    expect(await serverOf(running.url, { host })).toEqual(['/']);
    const forwarded = { ...PROXIED, 'x-forwarded-host': host };
    expect(await serverOf(proxied.url, forwarded)).toEqual(['/']);
    const odd = { ...PROXIED, 'x-forwarded-proto': 'javascript' };
    expect(await serverOf(proxied.url, odd)).toEqual(['/']);
  });

  test('is also there for a client of HTTP/1.0 without a Host', async () => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    socket.end('GET /openapi.json HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toContain('"url": "/"');
  });

  test('is the only difference to the committed files, and no cache keeps it', async () => {
    for (const file of ['openapi.json', 'openapi.yaml']) {
      const { text: served, headers } = await call(running.url, 'GET', `/${file}`);
      const committed = readFileSync(ROOT + file, 'utf8');
      expect(served.replace(running.url, 'http://localhost:3000')).toBe(committed);
      expect(headers.get('content-length')).toBe(String(Buffer.byteLength(served)));
      expect(headers.get('cache-control')).toBe('no-store');
      const head = await call(running.url, 'HEAD', `/${file}`);
      expect(head.headers.get('content-length')).toBe(headers.get('content-length'));
    }
  });

  test('and everything else is the same in both committed files', () => {
    const [fromJson, fromYaml] = ['openapi.json', 'openapi.yaml'].map(file =>
      load(readFileSync(ROOT + file, 'utf8')),
    );
    expect(fromYaml).toEqual(fromJson);
  });
});
