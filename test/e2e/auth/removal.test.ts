import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { databases, product, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';

const RECORDS = 2_000;

describe.each(databases())('a removed account on %s', kind => {
  let here: RunningApp;

  beforeAll(async () => {
    here = await startApp(kind);
  });
  afterAll(() => here.close());

  it('is gone at once, its name is free, and its records follow', async () => {
    const { Database } = await product.database();
    const database = here.app.get(Database);
    const { name, password, token } = await newAccount(here.url);
    const lines = Array.from({ length: RECORDS }, (_, at) =>
      JSON.stringify({ name: 'n', book: `b${at}`, country: 'c' }),
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    const body = lines.join('\n');
    await call(here.url, 'POST', '/authors/import', { token, headers, body });
    const removal = await call(here.url, 'DELETE', '/users/me', { token, json: { password } });
    expect(removal.status).toBe(204);

    expect((await call(here.url, 'GET', '/authors', { token })).status).toBe(401);
    expect((await login(here.url, name, password)).status).toBe(401);
    const next = await newAccount(here.url, name);
    const list = await call(here.url, 'GET', '/authors', { token: next.token });
    expect(list.body.list_of_authors).toEqual([]);
    await vi.waitFor(
      async () => {
        const rows = await database.all('SELECT id FROM authors');
        expect(rows).toEqual([]);
        expect(await database.all('SELECT name FROM users')).toEqual([{ name }]);
      },
      { timeout: 20_000 },
    );
  });
});
