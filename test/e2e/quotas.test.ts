import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
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
      },
    });
  });
  afterAll(() => here.close());

  const record = (at: number) => ({ name: 'n', book: `b${at}`, country: 'c' });
  const create = ({ token }: Account, at: number, headers = {}): Promise<Answer> =>
    call(here.url, 'POST', '/authors', { token, json: record(at), headers });
  const importLines = ({ token }: Account, count: number, query = ''): Promise<Answer> =>
    call(here.url, 'POST', `/authors/import${query}`, {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: Array.from({ length: count }, (_, at) => JSON.stringify(record(at))).join('\n'),
    });
  const countOf = async ({ token }: Account): Promise<number> =>
    (await call(here.url, 'GET', '/authors', { token })).body.list_of_authors.length;

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
    expect((await importLines(user, 3_000)).body).toMatchObject({
      status: 507,
      quota: 'MAX_IMPORT_SIZE',
      limit: 102_400,
    });
  });
});
