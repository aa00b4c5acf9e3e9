import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { databaseOf } from './auth/inside.js';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, login, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';

const LIMIT = 5;

describe.each(databases())('quotas on %s', kind => {
  let here: RunningApp;

  beforeAll(async () => {
    here = await startApp(kind, {
      env: {
        MAX_RECORDS_PER_USER: String(LIMIT),
        MAX_IDEMPOTENCY_KEYS_PER_USER: String(LIMIT),
        MAX_IMPORT_SIZE: '100kb',
        MAX_IMPORT_TEMP_SIZE: '30kb',
        MAX_EXPORTS_PER_USER: '1',
        MAX_SESSIONS_PER_USER: '2',
        MAX_TOKENS_PER_USER: '2',
        MAX_EVENTS_PER_USER: '10',
      },
    });
  });
  afterAll(() => here.close());

  const record = (at: number) => ({ name: 'n', book: `b${at}`, country: 'c' });
  const create = ({ token }: Account, at: number, headers = {}): Promise<Answer> =>
    call(here.url, 'POST', '/authors', { token, json: record(at), headers });
  const importLines = ({ token }: Account, count: number, query = '', width = 0): Promise<Answer> =>
    call(here.url, 'POST', `/authors/import${query}`, {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: Array.from({ length: count }, (_, at) => JSON.stringify(record(at)).padEnd(width)).join(
        '\n',
      ),
    });
  const countOf = async ({ token }: Account): Promise<number> =>
    (await call(here.url, 'GET', '/authors', { token })).body.list_of_authors.length;

  const ask = (token: string): Promise<Answer> => call(here.url, 'GET', '/users/me', { token });

  it('refuse the record beyond MAX_RECORDS_PER_USER with its name and size, until one is deleted', async () => {
    const user = await newAccount(here.url);
    for (let at = 0; at < LIMIT; at += 1) {
      expect((await create(user, at)).status).toBe(201);
      await create(await newAccount(here.url), at);
    }
    const refused = await create(user, LIMIT);
    expect(refused.status).toBe(507);
    expect(refused.body).toMatchObject({
      type: '/problems/quota_exceeded',
      detail: `the limit of MAX_RECORDS_PER_USER is ${LIMIT}`,
      quota: 'MAX_RECORDS_PER_USER',
      limit: LIMIT,
    });
    const list = await call(here.url, 'GET', '/authors', { token: user.token });
    const { id } = list.body.list_of_authors[0];
    await call(here.url, 'DELETE', `/authors/${id}`, { token: user.token });
    expect((await create(user, LIMIT)).status).toBe(201);
  });

  it.each(['', '?on_error=skip'])('store nothing of an import beyond it (%s)', async query => {
    const user = await newAccount(here.url);
    expect((await importLines(user, LIMIT + 1, query)).body).toMatchObject({
      quota: 'MAX_RECORDS_PER_USER',
    });
    expect(await countOf(user)).toBe(0);
    expect((await importLines(user, LIMIT)).status).toBe(200);
    expect((await importLines(user, LIMIT, '?on_conflict=skip')).body.skipped).toBe(LIMIT);
  });

  it('refuse a key beyond MAX_IDEMPOTENCY_KEYS_PER_USER', async () => {
    const user = await newAccount(here.url);
    const keyed = (at: number) => create(user, 0, { 'idempotency-key': `k${at}` });
    for (let at = 0; at < LIMIT; at += 1) {
      await keyed(at);
    }
    expect((await keyed(LIMIT)).body).toMatchObject({
      status: 507,
      quota: 'MAX_IDEMPOTENCY_KEYS_PER_USER',
      limit: LIMIT,
    });
    expect((await keyed(0)).headers.get('idempotency-replayed')).toBe('true');
  });

  it('refuse a file beyond MAX_IMPORT_SIZE', async () => {
    const user = await newAccount(here.url);
    expect((await importLines(user, 200, '', 1_000)).body).toMatchObject({
      status: 507,
      quota: 'MAX_IMPORT_SIZE',
      limit: 102_400,
    });
  });

  it('refuse a file that needs more than MAX_IMPORT_TEMP_SIZE', async () => {
    const user = await newAccount(here.url);
    expect((await importLines(user, 1_000, '?on_conflict=skip')).body).toMatchObject({
      status: 507,
      quota: 'MAX_IMPORT_TEMP_SIZE',
      limit: 30_720,
    });
  });

  it('refuse an export beyond MAX_EXPORTS_PER_USER', async () => {
    const user = await newAccount(here.url);
    let release = (): void => undefined;
    const gate = new Promise<void>(resolve => (release = resolve));
    const stream = vi.spyOn(await databaseOf(here), 'stream');
    stream.mockImplementation(async function* () {
      await gate;
      yield* [];
    });
    const asked = [0, 1].map(() =>
      call(here.url, 'GET', '/authors/export?format=csv', { token: user.token }),
    );
    await Promise.race(asked);
    release();
    const [first, second] = await Promise.all(asked);
    stream.mockRestore();
    const refused = first.status === 429 ? first : second;
    expect([first.status, second.status].toSorted()).toEqual([200, 429]);
    expect(refused.body).toMatchObject({ quota: 'MAX_EXPORTS_PER_USER', limit: 1 });
    expect(refused.headers.get('retry-after')).toBe('1');
  });

  it('end the oldest session beyond MAX_SESSIONS_PER_USER', async () => {
    const user = await newAccount(here.url);
    const { token } = (await login(here.url, user.name, user.password)).body;
    expect((await ask(user.token)).status).toBe(200);
    await login(here.url, user.name, user.password);
    expect((await ask(user.token)).status).toBe(401);
    expect((await ask(token)).status).toBe(200);
  });

  it('refuse the token beyond MAX_TOKENS_PER_USER, until one is revoked', async () => {
    const { token } = await newAccount(here.url);
    const json = { name: 'x', scopes: ['authors:read'] };
    const create = (): Promise<Answer> => call(here.url, 'POST', '/tokens', { token, json });
    const { id } = (await create()).body;
    expect((await create()).status).toBe(201);
    expect((await create()).body).toMatchObject({
      status: 507,
      quota: 'MAX_TOKENS_PER_USER',
      limit: 2,
    });
    await call(here.url, 'DELETE', `/tokens/${id}`, { token });
    expect((await create()).status).toBe(201);
  });

  it('refuse what a user can repeat at will beyond MAX_EVENTS_PER_USER, and nothing that ends something', async () => {
    const user = await newAccount(here.url);
    const json = { name: 'x', scopes: ['authors:read'] };
    const spare = (await call(here.url, 'POST', '/tokens', { token: user.token, json })).body;
    const rename = (at: number): Promise<Answer> =>
      call(here.url, 'PATCH', '/users/me', {
        token: user.token,
        json: { name: `${user.name} ${at}` },
      });
    let renamed = 0;
    while ((await rename(renamed)).status === 200) {
      renamed += 1;
    }
    // Three events came before: registration, login, token.
    expect(renamed).toBe(10 - 3);
    const refused = await rename(99);
    expect(refused.body).toMatchObject({ status: 507, quota: 'MAX_EVENTS_PER_USER', limit: 10 });
    expect((await call(here.url, 'POST', '/tokens', { token: user.token, json })).status).toBe(507);

    for (let round = 0; round < 20; round += 1) {
      const ended = await call(here.url, 'DELETE', '/sessions', { token: user.token });
      expect(ended.status).toBe(204);
    }
    const revoke = call(here.url, 'DELETE', `/tokens/${spare.id}`, { token: user.token });
    expect((await revoke).status).toBe(204);
    const { events } = (await call(here.url, 'GET', '/users/me/events', { token: user.token }))
      .body;
    expect(events.length).toBeLessThanOrEqual(14);
    const others = events.find(({ action }: any) => action === 'session.others_ended');
    expect(others.detail.count).toBe(20);
    const name = `${user.name} ${renamed - 1}`;
    expect((await login(here.url, name, user.password)).status).toBe(200);
  });
});
