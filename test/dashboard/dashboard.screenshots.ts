import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withFirstAdmin } from '../support/admin.js';
import { launchBrowser } from '../support/browser.js';
import { basic, call, newAccount } from '../support/client.js';
import { databases, SECRET } from '../support/app.js';
import { freshDatabase } from '../support/fresh-database.js';
import { ROOT, ServerProcess, runBuilt } from '../support/process.js';
import { PANELS, Prometheus } from '../support/prometheus.js';
import { legend, pageOf } from './page.js';
import type { Drawn, Line } from './page.js';

const SECONDS = Number(process.env.SECONDS ?? 60);
const FOLDER = path.join(ROOT, 'artifacts');

describe.each(databases())('the dashboard on %s', kind => {
  let place: string;
  let server: ServerProcess;
  let prometheus: Prometheus;
  let database: Awaited<ReturnType<typeof freshDatabase>>;

  beforeAll(async () => {
    place = mkdtempSync(path.join(tmpdir(), 'library-api-dashboard-'));
    database = await freshDatabase(kind);
    const env = {
      ...withFirstAdmin(),
      DATABASE_URL: database.url,
      SECRET_KEY: SECRET,
      REGISTER_LIMIT: 'off',
    };
    server = await ServerProcess.start({ cwd: place, env });
    writeFileSync(path.join(place, '.env'), `DATABASE_URL=${database.url}\nSECRET_KEY=${SECRET}\n`);
    prometheus = await Prometheus.start(server.url, place);
    expect((await runBuilt('cli.js', ['backup', 'backup.db'], { cwd: place })).code).toBe(0);
  });
  afterAll(async () => {
    await Promise.all([prometheus.stop(), server.stop()]);
    await database.remove();
    rmSync(place, { recursive: true });
  });

  test('should be looked at, in artifacts', async () => {
    const since = Date.now() / 1000;
    await load(server.url, Date.now() + SECONDS * 1000);
    const drawn: Drawn[] = [];
    for (const panel of PANELS) {
      const lines: Line[] = [];
      for (const { expr, legendFormat } of panel.targets ?? []) {
        const { status, data } = await prometheus.queryRange(expr, since, Date.now() / 1000);
        expect([panel.title, status]).toEqual([panel.title, 'success']);
        for (const series of data.result) {
          const points = series.values.map(([time, value]): [number, number] => [time, +value]);
          lines.push({ name: legend(legendFormat, series), points });
        }
      }
      drawn.push({ panel, lines });
    }
    mkdirSync(FOLDER, { recursive: true });
    const browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1440, height: 1590 } });
    await page.setContent(pageOf(drawn));
    await page.screenshot({ path: path.join(FOLDER, `dashboard-${kind}.png`) });
    await browser.close();
  });
});

/** What people do, and what goes wrong: wrong passwords, a flood of them, imports, readers that leave. */
async function load(url: string, until: number): Promise<void> {
  const repeat = async (work: () => Promise<unknown>): Promise<void> => {
    while (Date.now() < until) {
      await work();
    }
  };
  const { token, name, password } = await newAccount(url);
  const other = await newAccount(url);
  const rows = Array.from({ length: 200 }, (_, index) => `Author ${index},Book ${index},Ireland`);
  let count = 0;
  const book = () => ({
    name: `Writer ${(count += 1)}`,
    book: `Novel ${count}`,
    country: 'France',
  });
  const login = (user: string, secret: string) =>
    call(url, 'GET', '/login', { headers: { authorization: basic(user, secret) } });
  await Promise.all([
    ...Array.from({ length: 4 }, () =>
      repeat(() => call(url, 'POST', '/authors', { token, json: book() })),
    ),
    repeat(() => call(url, 'GET', '/authors?limit=100', { token })),
    repeat(() => call(url, 'GET', '/authors?q=novel&sort=-name', { token })),
    repeat(() => call(url, 'GET', '/authors/999999999', { token })),
    repeat(() => login(name, password).then(() => pause(300))),
    repeat(() => login(other.name, 'a wrong password').then(() => pause(200))),
    repeat(async () => {
      const body = `name,book,country\n${rows.map(row => `${since()} ${row}`).join('\n')}\n`;
      const headers = { 'content-type': 'text/csv' };
      await call(url, 'POST', '/authors/import?on_conflict=skip', { token, headers, body });
      await pause(1_000);
    }),
    repeat(async () => {
      const signal = AbortSignal.timeout(5);
      await call(url, 'GET', '/authors/export?format=csv', { token, signal }).catch(
        () => undefined,
      );
      await pause(500);
    }),
  ]);
}

const since = (): number => Math.floor(Date.now() / 3_000);

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
