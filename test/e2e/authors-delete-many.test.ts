import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';

const MANY = 20_000;

const recordAt = (at: number, country = at % 4 === 0 ? 'Ireland' : 'Canada') => ({
  name: `Name ${at % 7}`,
  book: `Book ${at}`,
  country,
  booker_prize: at % 2 === 0,
});

describe.each(databases())('DELETE /authors on %s', kind => {
  let app: RunningApp;
  let ada: Account;

  beforeAll(async () => {
    app = await startApp(kind, { env: { MAX_RECORDS_PER_USER: String(MANY) } });
  });
  beforeEach(async () => {
    ada = await newAccount(app.url);
  });
  afterAll(() => app.close());

  const ask = (method: string, path: string, json?: unknown, { token } = ada): Promise<Answer> =>
    call(app.url, method, path, { token, json });
  const remove = (query: string, by = ada): Promise<Answer> =>
    ask('DELETE', `/authors?${query}`, undefined, by);
  const fill = async (count: number, { token } = ada): Promise<void> => {
    const { body } = await call(app.url, 'POST', '/authors/import', {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: Array.from({ length: count }, (_, at) => JSON.stringify(recordAt(at))).join('\n'),
    });
    expect(body.created).toBe(count);
  };
  const total = async (query = '', by = ada): Promise<number> => {
    const { body } = await ask('GET', `/authors?count=true&limit=1&${query}`, undefined, by);
    return body.total ?? body.total_at_least;
  };

  it.each([
    ['country=Ireland', 10],
    ['country=ireland', 0],
    ['q=ireland', 10],
    ['q=book&booker_prize=false', 20],
    ['created_at.gte=2020-01-01T00:00:00Z', 40],
    ['updated_at.lt=2020-01-01T00:00:00Z', 0],
    ['all=true', 40],
    ['all=false&q=ireland', 10],
  ])('should delete what %s selects, and nothing else', async (query, deleted) => {
    const bob = await newAccount(app.url);
    await Promise.all([fill(40), fill(40, bob)]);
    const answer = await remove(query);
    expect([answer.status, answer.body]).toEqual([200, { message: 'authors deleted', deleted }]);
    expect(await total()).toBe(40 - deleted);
    if (query !== 'all=true') {
      expect(await total(query.replace('all=false&', ''))).toBe(0);
    }
    expect(await total('', bob)).toBe(40);
  });

  it.each([
    ['', 'a filter, q or all=true is required'],
    ['all=false', 'a filter, q or all=true is required'],
    ['all=true&country=Ireland', 'all=true takes no filter and no q'],
    ['all=true&q=ireland', 'all=true takes no filter and no q'],
    ['all=yes', 'all must be true or false'],
    ['name=', 'name must be'],
    ['sort=id&all=true', 'this route has no parameter sort'],
    ['limit=1&all=true', 'this route has no parameter limit'],
    ['al=true', 'this route has no parameter al'],
  ])('should delete nothing and answer 400 to "%s"', async (query, detail) => {
    await fill(4);
    const { status, body } = await remove(query);
    expect([status, body.type]).toEqual([400, '/problems/invalid_query']);
    expect(body.detail).toContain(detail);
    expect(await total()).toBe(4);
  });

  it('should need the scope authors:write', async () => {
    const made = await ask('POST', '/tokens', {
      name: 'reader',
      scopes: ['authors:read'],
    });
    expect(made.status).toBe(201);
    const { status } = await remove('all=true', { ...ada, token: made.body.token });
    expect(status).toBe(403);
  });

  it(
    'should let other writes through, and leave what is created meanwhile',
    { timeout: 120_000 },
    async () => {
      const bob = await newAccount(app.url);
      await fill(MANY);
      let isDone = false;
      const deletion = remove('all=true').finally(() => (isDone = true));
      const waits: number[] = [];
      let own = 0;
      for (let at = MANY; !isDone; at += 1) {
        const began = performance.now();
        const made = await ask('POST', '/authors', recordAt(at, 'Chad'), bob);
        waits.push(performance.now() - began);
        expect(made.status).toBe(201);
        // The quota is full until the first slice is deleted.
        own += Number((await ask('POST', '/authors', recordAt(at, 'Chad'))).status === 201);
      }
      expect((await deletion).body).toEqual({ message: 'authors deleted', deleted: MANY });
      expect(waits.length).toBeGreaterThan(10);
      expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]).toBeLessThan(200);
      expect(own).toBeGreaterThan(0);
      expect([await total(), await total('country=Chad')]).toEqual([own, own]);
      expect(await total('', bob)).toBe(Math.min(waits.length, 10_000));
    },
  );

  it(
    'should count each record once in two deletions at once, and refuse a third',
    { timeout: 120_000 },
    async () => {
      await fill(MANY / 2);
      const answers = await Promise.all([
        remove('all=true'),
        remove('booker_prize=true'),
        remove('q=book'),
      ]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([200, 200, 429]);
      const deleted = answers.map(({ body }) => Number(body.deleted ?? 0));
      const all = await remove('all=true');
      expect(deleted.reduce((sum, each) => sum + each, all.body.deleted)).toBe(MANY / 2);
      expect(await total()).toBe(0);
    },
  );

  it(
    'should spare a record that stops to match before its slice',
    { timeout: 120_000 },
    async () => {
      await fill(MANY);
      const { body } = await ask('GET', '/authors?sort=-id&limit=1');
      const [{ id }] = body.list_of_authors;
      const deletion = remove('q=book');
      const { status } = await ask('PATCH', `/authors/${id}`, { book: 'Kept', name: 'N' });
      expect(status).toBe(200);
      expect((await deletion).body.deleted).toBe(MANY - 1);
      expect((await ask('GET', `/authors/${id}`)).body.book).toBe('Kept');
    },
  );

  it('should stop when its client leaves', { timeout: 120_000 }, async () => {
    await fill(MANY);
    const leaving = new AbortController();
    const { token } = ada;
    const deletion = call(app.url, 'DELETE', '/authors?all=true', {
      token,
      signal: leaving.signal,
    });
    await expect
      .poll(() => ask('POST', '/authors', recordAt(MANY)).then(({ status }) => status))
      .toBe(201);
    leaving.abort();
    await expect(deletion).rejects.toThrow();
    let before = -1;
    await expect
      .poll(
        async () => {
          const { body } = await ask('GET', '/authors?limit=1');
          const [first] = body.list_of_authors;
          const isStill = first.id === before;
          before = first.id;
          return isStill;
        },
        { interval: 300, timeout: 10_000 },
      )
      .toBe(true);
    expect(await total()).toBeGreaterThan(1_000);
  });

  it('should stop when its caller logs out', { timeout: 120_000 }, async () => {
    await fill(MANY);
    const second = (
      await call(app.url, 'POST', '/login', {
        headers: {
          authorization: `Basic ${Buffer.from(`${ada.name}:${ada.password}`).toString('base64')}`,
        },
      })
    ).body;
    const deletion = remove('all=true', { ...ada, token: second.token });
    await sleep(20);
    await ask('POST', '/logout', undefined, { ...ada, token: second.token });
    expect((await deletion).status).toBe(401);
    expect(await total()).toBeGreaterThan(1_000);
  });
});
