import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../../src/problems/problem.js';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('problem pages', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp('sqlite');
  });

  afterAll(() => running.close());

  test.each(Object.entries(PROBLEMS))('%s says why, and what to do', async (code, { title }) => {
    const { status, text, headers } = await call(running.url, 'GET', `/problems/${code}`);

    expect(status).toBe(200);
    expect(text).toContain(`<h1>${title}</h1>`);
    expect(text).toMatch(/<h2>Why<\/h2><p>.{20,}<\/p><h2>What to do<\/h2><p>.{10,}<\/p>/);
    expect(text).toMatch(/<h2>Example<\/h2><pre>HTTP\/1.1 \d{3}\n.*\n\{\n {2}"type"/s);
    expect(text).toMatch(/<h2>Header fields<\/h2><dl>.*X-Request-Id/);
    expect(headers.get('content-security-policy')).toMatch(
      /default-src 'none'; style-src 'sha256-[^']+'/,
    );
  });

  test('an unknown one is a page for a browser and a problem for a program', async () => {
    const page = await call(running.url, 'GET', '/problems/nonsense', { headers: BROWSER });
    const problem = await call(running.url, 'GET', '/problems/nonsense', {
      headers: { accept: '*/*' },
    });

    expect([page.status, problem.status]).toEqual([404, 404]);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain('<h1>Unknown problem</h1>');
    expect(page.text).toContain('<a href="author_exists">Author exists</a> (409)');
    expect(problem.body.type).toBe('/problems/route_not_found');
    const path = '/problems/<script>alert(1)<';
    const { text } = await call(running.url, 'GET', path, { headers: BROWSER });
    expect(text).not.toMatch(/<script|alert/);
  });

  test('a client that accepts only problems gets what has no body', async () => {
    const { token } = await newAccount(running.url);
    const headers = { accept: 'application/problem+json' };

    expect((await call(running.url, 'POST', '/logout', { token, headers })).status).toBe(204);
  });
});
