import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, SECRET, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import { runBuilt } from '../support/process.js';
import { Driver } from '../../src/database/sqlite-driver.js';

describe.each(databases())('publishers on %s', kind => {
  let app: RunningApp;
  let ada: string;

  beforeAll(async () => {
    app = await startApp(kind);
    ada = (await newAccount(app.url)).token;
  });
  afterAll(() => app.close());

  const as = (token: string, method: string, path: string, json?: object) =>
    call(app.url, method, path, { token, json });
  const create = (name: string, city: string) => as(ada, 'POST', '/publishers', { name, city });

  it('have one name each, and are found, listed and deleted by their owner only', async () => {
    const path = (await create('Virago', 'London')).headers.get('location')!;
    expect((await create('VIRAGO', 'Leeds')).body.type).toBe('/problems/publisher_exists');
    expect((await create('', 'Leeds')).body.errors[0].pointer).toBe('/name');
    expect((await create('Actes Sud', 'Arles')).status).toBe(201);
    const { token: bob } = await newAccount(app.url);
    expect((await as(bob, 'GET', path)).body.type).toBe('/problems/publisher_not_found');
    expect((await as(bob, 'DELETE', path)).status).toBe(404);
    expect((await as(bob, 'GET', '/publishers')).body.publishers).toEqual([]);
    const first = await as(ada, 'GET', '/publishers?limit=1&sort=-city');
    expect(first.body.publishers).toEqual([(await as(ada, 'GET', path)).body]);
    const [, next] = /^<(.*)>/.exec(first.headers.get('link')!)!;
    expect((await as(ada, 'GET', next)).body.publishers).toMatchObject([{ city: 'Arles' }]);
    expect((await as(ada, 'DELETE', path)).status).toBe(204);
  });

  it('are documented, and part of a backup', async () => {
    const { body } = await call(app.url, 'GET', '/openapi.json');
    expect(body.paths['/publishers'].get.tags).toEqual(['publishers']);
    const file = `${app.dataDir}/backup.db`;
    const env = { DATABASE_URL: app.databaseUrl, SECRET_KEY: SECRET };
    await runBuilt('cli.js', ['backup', file], { cwd: app.dataDir, env });
    const names = new Driver(file).prepare('SELECT name FROM publishers').pluck().all();
    expect(names).toEqual(['Actes Sud']);
  });
});
