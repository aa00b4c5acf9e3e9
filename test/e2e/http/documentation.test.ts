import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call } from '../../support/client.js';
import { expectProblem } from '../../support/problems.js';

const PIPELINED = 300;

describe('the documentation', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp('sqlite');
  });
  afterAll(() => running.close());

  test('has a page at /docs, to which /docs/ leads', async () => {
    const page = await call(running.url, 'GET', '/docs');
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    const moved = await call(running.url, 'GET', '/docs/');
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/docs']);
  });

  test('serves every file that the page names, and no other file of the package', async () => {
    const { text } = await call(running.url, 'GET', '/docs');
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const { status, headers } = await call(
        running.url,
        'GET',
        new URL(file, `${running.url}/docs`).pathname,
      );
      expect([file, status]).toEqual([file, 200]);
      expect(headers.get('content-type')).toMatch(
        /^(text\/(css|javascript); charset=utf-8|image\/png)$/,
      );
    }
    for (const file of ['package.json', 'swagger-ui-bundle.js.map', '..%2fpackage.json', 'x']) {
      const answer = await call(running.url, 'GET', `/docs/${file}`);
      await expectProblem(running.url, answer, 404, 'route_not_found');
    }
  });

  test('keeps no file open for a client that asks for many and leaves', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    const { hostname, port } = new URL(running.url);
    const socket = connect(Number(port), hostname);
    const request = `GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
    socket.write(request.repeat(PIPELINED));
    await once(socket, 'data');
    socket.destroy();
    await vi.waitFor(() => expect(descriptors()).toBeLessThan(before + 20), 5_000);
  });
});
