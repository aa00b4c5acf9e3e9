import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { PASSWORD, call, freshName } from '../support/client.js';
import { launchBrowser } from '../support/browser.js';
import { ROOT } from '../support/process.js';

/** Of each run, to look at; git ignores it. */
const SCREENSHOTS = `${ROOT}artifacts/screenshots`;

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

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
    mkdirSync(SCREENSHOTS, { recursive: true });
    page = await browser.newPage({ viewport: DESK });
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

  const shoot = (name: string, options: { fullPage?: boolean } = {}): Promise<Buffer> =>
    page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, ...options });

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
    await shoot('logged-in-desk', { fullPage: true });
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

  test.each([
    ['desk', DESK],
    ['phone', PHONE],
  ])('fits on a %s', async (device, viewport) => {
    await page.setViewportSize(viewport);
    await page.evaluate('sessionStorage.clear()');
    await page.goto(`${running.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    await shoot(`docs-${device}`);
    await operation('listAuthors').locator('.opblock-summary-control').click();
    await operation('listAuthors').locator('.response').first().waitFor();
    await shoot(`operations-${device}`, { fullPage: true });
    expect(await overflow()).toBe(0);
    await operation('createAuthor').locator('.opblock-summary-control').click();
    await operation('createAuthor').scrollIntoViewIfNeeded();
    await shoot(`create-${device}`);
    await page.locator('.auth-wrapper .btn.authorize').first().click();
    await shoot(`authorize-${device}`);
  });

  /** Pixels that the page is wider than the window. */
  const overflow = (): Promise<unknown> =>
    page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

  test('explains each problem on a page', async () => {
    for (const [device, viewport, colorScheme] of [
      ['desk', DESK, 'light'],
      ['phone', PHONE, 'light'],
      ['phone', PHONE, 'dark'],
    ] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      for (const code of ['author_exists', 'import_refused', 'too_many_requests', 'nonsense']) {
        await page.goto(`${running.url}/problems/${code}`);
        expect(await overflow()).toBe(0);
        await shoot(`${code}-${device}-${colorScheme}`, { fullPage: true });
      }
      // The browser itself notes the 404 of an unknown problem.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('404')]);
    }
    await page.goto(`${running.url}/problems/author_exists`);
    expect(await page.locator('h1').innerText()).toBe('Author exists');
    expect(await page.locator('body').innerText()).toContain('409');
    expect(complaints).toEqual([]);
  });

  // The last test: with the end of this page the bundled browser would end.
  test('is the picture of the README', async () => {
    const shown = await browser.newPage({ viewport: DESK });
    // At the address of the README, not at the port of this test.
    await shown.route('http://localhost:3000/**', async route => {
      const { pathname } = new URL(route.request().url());
      const headers = { host: 'localhost:3000' };
      await route.fulfill({
        response: await route.fetch({ url: running.url + pathname, headers }),
      });
    });
    await shown.goto('http://localhost:3000/docs');
    await shown.locator('.opblock').first().waitFor();
    const picture = await shown.screenshot({ path: `${SCREENSHOTS}/picture.png` });
    expect(picture.length).toBeLessThan(200_000);
  });
});
