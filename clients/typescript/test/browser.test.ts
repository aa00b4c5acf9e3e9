import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../../test/support/app.js';
import type { RunningApp } from '../../../test/support/app.js';
import { launchBrowser } from '../../../test/support/browser.js';
import { PASSWORD, freshName } from '../../../test/support/client.js';
import { ROOT } from '../../../test/support/process.js';
import { serve } from './support.js';

const DIST = path.join(ROOT, 'clients/typescript/dist');

/** The page's own script: what a web application does with the client. */
const SCRIPT = `
import { createClient, isProblem, updateCopy } from './index.js';

const store = {
  load: () => JSON.parse(localStorage.getItem('tokens') ?? 'null') ?? undefined,
  save: tokens => localStorage.setItem('tokens', JSON.stringify(tokens)),
};
const problemOf = async promise => {
  try {
    await promise;
  } catch (error) {
    const fields = Object.fromEntries(error.response?.headers ?? []);
    return { isProblem: isProblem(error), type: error.type, fields };
  }
};
const fieldsOf = ({ response }) => Object.fromEntries(response.headers);

export const open = url => {
  const library = createClient(url, { store });
  return Object.assign(window, { library, problemOf, fieldsOf, updateCopy, createClient, store });
};
`;

describe.skipIf(process.env.TEST_BROWSER === 'off')('the client in a browser', () => {
  let running: RunningApp;
  let site: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  let page: Page;
  const name = freshName('Žofie');
  const complaints: string[] = [];

  beforeAll(async () => {
    site = await serve(({ url }, response) => {
      const type = url === '/' ? 'text/html' : 'text/javascript';
      const content =
        url === '/'
          ? '<!doctype html><title>A page</title>'
          : url === '/script.js'
            ? SCRIPT
            : readFileSync(path.join(DIST, path.normalize(url!)), 'utf8');
      response.writeHead(200, { 'content-type': type }).end(content);
    });
    running = await startApp('sqlite', { env: { CORS_ORIGINS: site.url } });
    browser = await launchBrowser();
    page = await browser.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('dialog', dialog => complaints.push(dialog.message()));
    await openPage();
  });
  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await site?.close();
  });

  async function openPage(): Promise<void> {
    await page.goto(site.url);
    await page.evaluate(`import('/script.js').then(({ open }) => void open('${running.url}'))`);
  }

  /** Runs a script of the page, which may await. */
  const run = (script: string): Promise<any> => page.evaluate(`(async () => { ${script} })()`);

  it('should log in from another origin, and keep the session over a reload', async () => {
    const ada = JSON.stringify({ name, password: PASSWORD });
    await run(`await library.register({ body: ${ada} }); await library.login(${ada});`);
    await openPage();
    expect(await run('return (await library.getProfile()).data.name')).toBe(name);
  });

  it('should create a record once, and read the fields of the answers', async () => {
    const create = `library.createAuthor({
      body: { name: 'Anna Burns', book: 'Milkman' },
      header: { 'Idempotency-Key': 'one' },
    })`;
    const first = await run(`return fieldsOf(await ${create})`);
    expect(first).toMatchObject({ etag: expect.any(String), location: expect.any(String) });
    expect(first['x-request-id']).toEqual(expect.any(String));
    expect((await run(`return fieldsOf(await ${create})`))['idempotency-replayed']).toBe('true');
    const changed = await run(`
      const { id } = (await ${create}).data;
      const header = { 'If-Match': '${first.etag}' };
      return (await library.patchAuthor({ path: { id }, header, body: { country: 'Ireland' } })).data;`);
    expect(changed).toMatchObject({ country: 'Ireland', version: 2 });
  });

  it('should import a file, walk through pages, export, and keep a copy', async () => {
    const results = await run(`
      const lines = Array.from({ length: 30 }, (_, at) => 'N,Book ' + at);
      const body = new File(['name,book\\n' + lines.join('\\n')], 'authors.csv');
      const { data } = await library.importAuthors({ contentType: 'text/csv', body });
      const page = await library.listAuthors({ query: { limit: 10 } });
      const listed = [];
      for await (const { book } of library.listAuthors({ query: { limit: 10 } })) listed.push(book);
      const exported = [];
      for await (const { book } of library.exportAuthors()) exported.push(book);
      const file = await library.exportAuthors({ query: { format: 'csv' } });
      const csv = await new Response(file.data).text();
      const copied = await updateCopy(library, { records: new Map() });
      const fields = [fieldsOf(page).link, fieldsOf(file)['content-disposition']];
      return { created: data.created, listed, exported, lines: csv.split('\\n').length, copied, fields };`);
    expect(results).toMatchObject({ created: 30, lines: 33, copied: 31 });
    expect([results.listed.length, results.exported]).toEqual([31, results.listed]);
    expect(results.fields).toEqual([
      expect.stringContaining('rel="next"'),
      expect.stringContaining('.csv'),
    ]);
  });

  it('should refresh once for parallel calls', async () => {
    const requests: string[] = [];
    page.on('request', request =>
      requests.push(`${request.method()} ${new URL(request.url()).pathname}`),
    );
    await run(`store.save({ ...store.load(), token: store.load().token.slice(0, -4) + 'AAAA' });
      const other = createClient('${running.url}', { store });
      await Promise.all(Array.from({ length: 8 }, () => other.getProfile()));`);
    expect(requests.filter(each => each === 'POST /token/refresh')).toHaveLength(1);
  });

  it('should read problems with their fields, also how long to wait', async () => {
    const wrong = `problemOf(library.login({ name: 'nobody-${name}', password: 'wrong password' }))`;
    const refused = await run(`return ${wrong}`);
    expect(refused).toMatchObject({ isProblem: true, type: '/problems/could_not_verify' });
    expect(refused.fields['www-authenticate']).toContain('Basic');
    const slowed = await run(`
      for (let tries = 0; tries < 20; tries += 1) {
        const problem = await ${wrong};
        if (problem.type === '/problems/too_many_requests') return problem.fields;
      }`);
    expect(Number(slowed['retry-after'])).toBeGreaterThan(0);
    expect(slowed).toMatchObject({
      ratelimit: expect.any(String),
      'ratelimit-policy': expect.any(String),
    });
  });

  it('should be able to read every header field of the document', async () => {
    const { headers } = await fetch(running.url, { headers: { origin: site.url } });
    const exposed = headers.get('access-control-expose-headers')!.split(', ');
    const { components } = JSON.parse(readFileSync(path.join(ROOT, 'openapi.json'), 'utf8'));
    const hidden = Object.keys(components.headers).filter(field => !exposed.includes(field));
    expect(hidden).toEqual([]);
  });

  it('should show no dialog and no error of its own', () => {
    expect(complaints).toEqual([]);
  });
});
