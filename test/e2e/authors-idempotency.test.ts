import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { freshDatabase } from '../support/fresh-database.js';

let number = 0;
const unused = (): { name: string; book: string; country: string } => ({
  name: 'Iris Murdoch',
  book: `Book ${(number += 1)}`,
  country: 'Ireland',
});

describe.each(databases())('an Idempotency-Key on %s', kind => {
  let app: RunningApp;
  let ada: Account;

  beforeAll(async () => {
    app = await startApp(kind);
    ada = await newAccount(app.url);
  });
  afterAll(() => app.close());

  const post = (key: string, json: unknown, { path = '/authors', account = ada } = {}) =>
    call(app.url, 'POST', path, {
      token: account.token,
      json,
      headers: { 'idempotency-key': key },
    });
  const count = async (account = ada): Promise<number> =>
    (await call(app.url, 'GET', '/authors?limit=500', { token: account.token })).body
      .list_of_authors.length;
  /** What a client sees of an answer and could act upon. */
  const seen = ({ status, text, headers }: Answer) => ({
    status,
    text,
    location: headers.get('location'),
    etag: headers.get('etag'),
    type: headers.get('content-type'),
  });

  it.each(['/author', '/authors'])('should make one record on %s, and one answer', async path => {
    const record = unused();
    const before = await count();
    const first = await post(`key ${path}`, record, { path });
    const second = await post(`key ${path}`, record, { path });
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(seen(second)).toEqual(seen(first));
    expect(await count()).toBe(before + 1);
  });

  it('should make one record of 50 requests at once', async () => {
    const record = unused();
    const before = await count();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('at once', record)));
    const [first] = answers.filter(({ headers }) => headers.get('idempotency-replayed') === null);
    for (const answer of answers) {
      expect([201, 409]).toContain(answer.status);
      expect(answer.status === 409 || seen(answer).text === first.text).toBe(true);
    }
    expect(await count()).toBe(before + 1);
    expect(seen(await post('at once', record))).toEqual(seen(first));
  });

  it('should refuse another request, and leave the first as it was', async () => {
    const record = unused();
    const first = await post('other', record);
    const other = await post('other', unused());
    expect([other.status, other.body.type]).toEqual([422, '/problems/idempotency_mismatch']);
    expect(seen(await post('other', record))).toEqual(seen(first));
    const reordered = { country: record.country, book: record.book, name: record.name };
    expect(seen(await post('other', reordered))).toEqual(seen(first));
  });

  it('should mean nothing to another user or on another route', async () => {
    const bob = await newAccount(app.url);
    const record = unused();
    const first = await post('shared', record);
    const others = await post('shared', record, { account: bob });
    expect([others.status, others.body.id === first.body.id]).toEqual([201, false]);
    expect((await post('shared', unused(), { path: '/author' })).status).toBe(201);
  });

  it('should keep a refusal that was the caller’s own, with nothing of its effect', async () => {
    const record = unused();
    const { body } = await post('made', record);
    const refused = await post('twice', record);
    expect(refused.status).toBe(409);
    await call(app.url, 'DELETE', `/authors/${body.id}`, { token: ada.token });
    const again = await post('twice', record);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(seen(again)).toEqual(seen(refused));
  });

  it('should stay free after an invalid body', async () => {
    expect((await post('valid later', { name: '' })).status).toBe(422);
    expect((await post('valid later', unused())).status).toBe(201);
  });

  it.each(['', ' ', 'x'.repeat(256), 'a\tb', 'é'])('should not be %j', async key => {
    const { status } = await post(key, unused()).catch(() => ({ status: 400 }));
    expect(status).toBe(400);
  });

  it('should mean nothing where no record is made', async () => {
    const { body } = await post('change', unused());
    const put = () =>
      call(app.url, 'PUT', `/authors/${body.id}`, {
        token: ada.token,
        json: unused(),
        headers: { 'idempotency-key': 'put' },
      });
    expect([(await put()).body.version, (await put()).body.version]).toEqual([2, 3]);
  });

  it('should outlive a restart', async () => {
    const { url: databaseUrl, remove } = await freshDatabase(kind);
    const on = { databaseUrl, dataDir: app.dataDir };
    const before = await startApp(kind, { on });
    const { token } = await newAccount(before.url);
    const options = { token, json: unused(), headers: { 'idempotency-key': 'restart' } };
    const first = await call(before.url, 'POST', '/authors', options);
    await before.stop();
    const after = await startApp(kind, { on });
    const again = await call(after.url, 'POST', '/authors', options);
    await after.stop();
    await remove();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(seen(again)).toEqual(seen(first));
  });
});
