import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseOf } from './auth/inside.js';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';

interface Item {
  id: number;
  booker_prize: boolean;
  created_at: string;
  updated_at: string;
}

const MANY = 10_001;
const NOON = Date.parse('2026-01-31T12:00:00.000Z');

const linesOf = (count: number): string =>
  Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      name: `Name ${at % 7}`,
      book: `Book ${at}`,
      country: at % 5_000 === 0 ? 'Rarely' : 'Often',
      booker_prize: at % 2 === 0,
    }),
  ).join('\n');

describe.each(databases())('ranges and counts on %s', kind => {
  let app: RunningApp;
  let ada: Account;
  /** Has more records than are counted. */
  let eve: Account;

  beforeAll(async () => {
    app = await startApp(kind);
    [ada, eve] = [await newAccount(app.url), await newAccount(app.url)];
    await importLines(await newAccount(app.url), 100);
    await importLines(ada, 60);
    await importLines(eve, MANY);
    const database = await databaseOf(app);
    // One record each second, and all of eve's in pairs.
    for (const { token } of [ada, eve]) {
      const { body } = await call(app.url, 'GET', '/authors?limit=1', { token });
      const { id } = body.list_of_authors[0];
      await database.run(
        `UPDATE authors SET created_at = $1 + (id - $2) * 1000, updated_at = $1 - (id - $2) / 2 * 2000
          WHERE owner_id = (SELECT owner_id FROM authors WHERE id = $2)`,
        [NOON, id],
      );
    }
  });
  afterAll(() => app.close());

  const importLines = ({ token }: Account, count: number): Promise<Answer> =>
    call(app.url, 'POST', '/authors/import', {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: linesOf(count),
    });
  const get = (query: string, { token } = ada): Promise<Answer> =>
    call(app.url, 'GET', `/authors?${query}`, { token });
  const at = (ms: number): string => new Date(NOON + ms).toISOString();

  /** All pages of a query. */
  async function walk(query: string, account = ada): Promise<Item[]> {
    const items: Item[] = [];
    let cursor = '';
    do {
      const { status, body } = await get(`${query}&limit=500${cursor}`, account);
      expect([query, status]).toEqual([query, 200]);
      items.push(...body.list_of_authors);
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    return items;
  }

  it.each([
    ['Z', `created_at.gte=${at(10_000)}`, [10, 60]],
    ['no fraction', 'created_at.gte=2026-01-31T12:00:10Z', [10, 60]],
    ['an offset', 'created_at.gte=2026-01-31T17:30:10.000%2B05:30', [10, 60]],
    ['an offset on another day', 'created_at.lt=2026-02-01T02:00:10.000%2B14:00', [0, 10]],
    ['one millisecond more', `created_at.gte=${at(10_001)}`, [11, 60]],
    ['both ends', `created_at.gte=${at(10_000)}&created_at.lt=${at(20_000)}`, [10, 20]],
    ['an empty range', `created_at.gte=${at(20_000)}&created_at.lt=${at(10_000)}`, [0, 0]],
    ['a value in it', `created_at.gte=${at(10_000)}&created_at=${at(30_000)}`, [30, 31]],
    ['a value outside', `created_at.gte=${at(10_000)}&created_at=${at(3_000)}`, [0, 0]],
  ])('should compare as instants: %s', async (_, query, [first, end]) => {
    const all = await walk('sort=id');
    const expected = all.slice(first, end).map(({ id }) => id);
    for (const sort of ['id', 'created_at', '-created_at', 'name']) {
      const ids = (await walk(`${query}&sort=${sort}`)).map(({ id }) => id);
      expect(ids.toSorted((a, b) => a - b)).toEqual(expected);
    }
  });

  it.each(['', '&booker_prize=true', '&q=name+1'])(
    'should be walked by pages in the order of the range%s',
    async more => {
      const [from, to] = [NOON - 9_000_000, NOON - 1_000_000];
      const inRange = ({ updated_at: time }: Item): boolean =>
        Date.parse(time) >= from && Date.parse(time) < to;
      const range = `updated_at.gte=${new Date(from).toISOString()}&updated_at.lt=${new Date(to).toISOString()}`;
      for (const sort of ['updated_at', '-updated_at', 'book']) {
        const all = (await walk(`sort=${sort}${more}`, eve)).filter(inRange);
        const ranged = await walk(`sort=${sort}${more}&${range}`, eve);
        expect(ranged.length).toBeGreaterThan(1_000);
        expect(ranged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
      }
    },
  );

  it('should be exported', async () => {
    const range = `created_at.gte=${at(10_000)}&updated_at.lt=${at(-19_000)}`;
    const path = `/authors/export?format=json&${range}`;
    const { body } = await call(app.url, 'GET', path, { token: ada.token });
    const ids = body.map(({ id }: Item) => id);
    expect(ids).toEqual((await walk(range)).map(({ id }) => id));
    expect(ids).toHaveLength(40);
  });

  it.each([
    ['created_at.gte=', 'created_at.gte must be an RFC 3339 time'],
    ['created_at.lt=yesterday', 'created_at.lt must be an RFC 3339 time'],
    ['updated_at.gte=2026-01-31', 'updated_at.gte must be an RFC 3339 time'],
    ['updated_at.lt=2026-01-31T12:00:00', 'updated_at.lt must be an RFC 3339 time'],
    ['updated_at.lt=2026-01-31T12:00:00.0001Z', 'updated_at.lt must be an RFC 3339 time'],
    ['updated_at.lt=2026-02-30T12:00:00Z', 'updated_at.lt must be an RFC 3339 time'],
    ['created_at.gte=2026-01-31T12:00:00+05:30', 'write + as %2B'],
    ['created_at.gt=2026-01-31T12:00:00Z', 'created_at.gt'],
    ['name.gte=A', 'name.gte'],
    ['id.lt=7', 'id.lt'],
    ['count=1', 'count must be true or false'],
    ['count=', 'count must be true or false'],
  ])('should refuse %s by the name of the parameter', async (query, detail) => {
    const { status, body } = await get(query);
    expect([status, body.type]).toEqual([400, '/problems/invalid_query']);
    expect(body.detail).toContain(detail);
  });

  it.each([
    ['', 60],
    ['&limit=1', 60],
    ['&booker_prize=true', 30],
    ['&q=book+58', 1],
    ['&q=name+nothing', 0],
    [`&created_at.gte=${at(10_000)}`, 50],
    [`&created_at.gte=${at(10_000)}&booker_prize=true&q=name`, 25],
    ['&id=0&fields=id', undefined],
  ])('should be counted on request: count=true%s', async (query, total) => {
    const { status, body } = await get(`count=true${query}`);
    expect([status, body.total]).toEqual(total === undefined ? [400, undefined] : [200, total]);
    expect(body).not.toHaveProperty('total_at_least');
  });

  it('should not be counted without request', async () => {
    for (const query of ['', 'count=false']) {
      const { body } = await get(query);
      expect(Object.keys(body)).toEqual(['list_of_authors', 'next_cursor']);
    }
  });

  it.each([
    ['', { total_at_least: 10_000 }],
    ['&q=name', { total_at_least: 10_000 }],
    ['&q=name+book&created_at.gte=2026-01-01T00:00:00Z', { total_at_least: 10_000 }],
    ['&q=rarely', { total: 3 }],
    ['&q=often', { total: 9_998 }],
    ['&q=often+rarely', { total: 0 }],
    ['&booker_prize=true', { total: 5_001 }],
    ['&booker_prize=true&country=Often', { total: 4_998 }],
    [`&created_at.lt=${at(10_000_000)}`, { total: 10_000 }],
  ])('should be counted to 10,000, not beyond: count=true%s', async (query, expected) => {
    const {
      list_of_authors: _,
      next_cursor: __,
      ...counts
    } = (await get(`count=true&limit=1${query}`, eve)).body;
    expect(counts).toEqual(expected);
  });

  it('should be counted on each page that asks, and linked with the request', async () => {
    const { headers } = await get('count=true&limit=20');
    const next = /<\/authors\?(.*)>/.exec(headers.get('link')!)![1];
    expect(new URLSearchParams(next).get('count')).toBe('true');
    expect((await get(next)).body.total).toBe(60);
  });
});
