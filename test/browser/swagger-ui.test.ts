import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { PASSWORD, call, freshName } from '../support/client.js';
import { launchBrowser } from '../support/browser.js';

/** Where a failed run can be looked at. */
const SCREENSHOT = path.join(tmpdir(), 'library-api-swagger-ui.png');

const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', event =>
  console.error('violates the policy:', event.violatedDirective, event.blockedURI));`;

describe.skipIf(process.env.TEST_BROWSER === 'off')('the documentation in a browser', () => {
  let running: RunningApp;
  let browser: Browser;
  let page: Page;
  const name = freshName('reader');
  const complaints: string[] = [];
  const elsewhere: string[] = [];

  beforeAll(async () => {
    running = await startApp('sqlite');
    await call(running.url, 'POST', '/register', { json: { name, password: PASSWORD } });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    page.setDefaultTimeout(10_000);
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('request', request => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.origin !== running.url) {
        elsewhere.push(request.url());
      }
    });
    await page.addInitScript({ content: REPORT_VIOLATIONS });
  });
  afterAll(async () => {
    await browser?.close();
    await running.close();
  });

  const operation = (id: string) => page.locator(`[id$="-${id}"].opblock`);

  /** Fills in one of the forms behind the button `Authorize`. */
  async function authorize(scheme: string, values: Record<string, string>): Promise<void> {
    await page.locator('.auth-wrapper .btn.authorize').first().click();
    const form = page.locator('.auth-container', { hasText: scheme });
    for (const [label, value] of Object.entries(values)) {
      await form.getByLabel(label, { exact: false }).fill(value);
    }
    await form
      .getByRole('button', { name: 'Apply' })
      .or(form.locator('button.authorize'))
      .first()
      .click();
    await page.locator('.dialog-ux .btn-done').first().click();
  }

  /** Opens an operation, tries it out as it stands, and gives the answer that the page shows. */
  async function execute(id: string): Promise<{ status: string; body: any }> {
    await operation(id).locator('.opblock-summary-control').click();
    await operation(id).locator('.try-out__btn').click();
    await operation(id).locator('.execute').click();
    const answer = operation(id).locator('.live-responses-table .response').first();
    const status = await answer.locator('.response-col_status').innerText();
    const body = await answer.locator('.highlight-code code').first().innerText();
    return { status: status.trim(), body: JSON.parse(body) };
  }

  test('takes a browser that comes to the root to the page, which shows every operation', async () => {
    await page.goto(running.url);
    expect(page.url()).toBe(`${running.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    const { paths } = (await call(running.url, 'GET', '/openapi.json')).body;
    const operations = Object.values<object>(paths).flatMap(item => Object.keys(item));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    await page.screenshot({ path: SCREENSHOT });
  });

  test('logs in with name and password, and uses the token for the rest', async () => {
    const loggedIn = page.waitForResponse(response => response.url().endsWith('/login'));
    await authorize('basic', { Username: name, Password: PASSWORD });
    expect((await loggedIn).status()).toBe(200);

    const created = await execute('createAuthor');
    expect([created.status, created.body.message]).toEqual(['201', 'new author created']);
    const list = await execute('listAuthors');
    expect(list.status).toBe('200');
    expect(list.body.list_of_authors).toMatchObject([{ name: created.body.name }]);
    await page.screenshot({ path: SCREENSHOT, fullPage: true });
  });

  test('is still logged in after a reload, and takes over the token of a login', async () => {
    await page.reload();
    expect((await execute('getProfile')).body).toMatchObject({ name });

    await page.evaluate('sessionStorage.clear()');
    await page.reload();
    await authorize('basic', { Username: name, Password: PASSWORD });
    const login = await execute('login');
    expect([login.status, login.body.token_type]).toEqual(['200', 'Bearer']);
    const kept = await page.evaluate("sessionStorage.getItem('library-api-tokens')");
    expect(JSON.parse(String(kept)).token).toBe(login.body.token);
    expect(String(kept)).not.toContain(PASSWORD);
  });

  test('chooses a file for the import', async () => {
    await operation('importAuthors').locator('.opblock-summary-control').click();
    await operation('importAuthors').locator('.try-out__btn').click();
    await operation('importAuthors')
      .locator('input[type=file]')
      .setInputFiles({
        name: 'authors.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from('name,book\nAnna Burns,Milkman\n'),
      });
    await operation('importAuthors').locator('.execute').click();
    const answer = operation('importAuthors').locator('.live-responses-table .response').first();
    expect(await answer.locator('.highlight-code code').first().innerText()).toContain(
      '"created": 1',
    );
  });

  test('shows an error as the API gives it', async () => {
    const answer = await execute('createAuthorAlias');
    expect([answer.status, answer.body.type]).toEqual(['409', '/problems/author_exists']);
    // The browser itself notes each answer from 400 on.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('409')]);
  });

  test('loads nothing from other hosts, and obeys its Content-Security-Policy', () => {
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('explains each problem on a page', async () => {
    await page.goto(`${running.url}/problems/author_exists`);
    expect(await page.locator('h1').innerText()).toBe('Author exists');
    expect(await page.locator('body').innerText()).toContain('409');
    await page.screenshot({ path: SCREENSHOT.replace('.png', '-problem.png') });
    expect(complaints).toEqual([]);
  });
});
