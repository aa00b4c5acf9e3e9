import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sortKey } from '../../src/text/fold.js';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';

interface Item {
  id: number;
  name: string;
  book: string;
  country: string;
  booker_prize: boolean;
  created_at: string;
  updated_at: string;
}

/** In the order that people expect; the first two are one place in it. */
const COUNTRIES = ['Canada', 'canada', 'Éire', 'Ireland', 'Łódź', 'Zambia'];

/** The order of texts without case and accents. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(sortKey(a)), Buffer.from(sortKey(b)));
  }
  return Number(a) - Number(b);
}

describe.each(databases())('the list of authors on %s', kind => {
  let app: RunningApp;
  let ada: Account;
  let all: Item[];

  beforeAll(async () => {
    app = await startApp(kind);
    ada = await newAccount(app.url);
    const bob = await newAccount(app.url);
    for (let index = 0; index < 60; index += 1) {
      await post(bob, index);
      await post(ada, index);
    }
    all = (await get('/authors?limit=500')).body.list_of_authors;
  });
  afterAll(() => app.close());

  const post = (account: Account, index: number): Promise<Answer> =>
    call(app.url, 'POST', '/authors', {
      token: account.token,
      json: {
        name: `Name ${String((index * 7) % 20)}`,
        book: `Book ${index}`,
        country: COUNTRIES[index % 6],
        booker_prize: index % 3 === 0,
      },
    });
  const get = (path: string, account = ada): Promise<Answer> =>
    call(app.url, 'GET', path, { token: account.token });

  /** Follows the links from a first page to the last. */
  async function walk(path: string, between?: (page: number) => Promise<void>): Promise<Item[]> {
    const items: Item[] = [];
    for (let next: string | undefined = path, page = 0; next !== undefined; page += 1) {
      const { status, body, headers } = await get(next);
      expect([next, status]).toEqual([next, 200]);
      items.push(...body.list_of_authors);
      next = /^<(\/authors\?[^>]*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      expect(next === undefined).toBe(body.next_cursor === null);
      await between?.(page);
    }
    return items;
  }

  it('should hold the caller’s own records, oldest first, and no more', async () => {
    expect(all.map(({ book }) => book)).toEqual(Array.from({ length: 60 }, (_, i) => `Book ${i}`));
    expect(Object.keys(all[0])).toEqual([
      'id',
      'name',
      'book',
      'country',
      'booker_prize',
      'version',
      'created_at',
      'updated_at',
    ]);
  });

  it.each([
    'id',
    '-id',
    'name',
    '-name',
    'book',
    '-book',
    'country',
    '-country',
    'booker_prize',
    '-booker_prize',
    'created_at',
    '-updated_at',
    'updated_at',
  ])('should be walked in the order %s, each record once', async sort => {
    const member = sort.replace('-', '') as keyof Item;
    const sign = sort.startsWith('-') ? -1 : 1;
    const expected = all.toSorted(
      (a, b) => sign * (compare(a[member], b[member]) || compare(a.id, b.id)),
    );
    const walked = await walk(`/authors?limit=7&sort=${sort}`);
    expect(walked.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  it.each([
    ['name', ['Anna', 'bell hooks', 'Émile Zola', 'Łukasz', 'Ørsted', 'Zadie Smith', '\u{1f469}']],
    [
      'book',
      ['1984', 'Beloved', 'Ægir', 'Äpfel', 'äpfel', 'APFEL b', 'été', 'Straße', 'strasse 2'],
    ],
    ['country', ['', 'Åland', 'aland', 'Iran', 'İran', 'Ísland', 'Österreich', 'Oz']],
  ])('should sort %s as a person does, with ties by id', async (member, texts) => {
    const user = await newAccount(app.url);
    const sorted = texts.toSorted((a, b) => compare(a, b));
    for (const [index, text] of texts.entries()) {
      const json = { name: `N ${index}`, book: `B ${index}`, [member]: text };
      expect((await call(app.url, 'POST', '/authors', { token: user.token, json })).status).toBe(
        201,
      );
    }
    for (const [sort, expected] of [
      [member, sorted],
      [`-${member}`, sorted.toReversed()],
    ] as const) {
      const { body } = await get(`/authors?sort=${sort}`, user);
      expect(body.list_of_authors.map((item: object) => item[member as never])).toEqual(expected);
    }
  });

  it('should be filtered by exactly the text that was written', async () => {
    for (const country of ['Canada', 'canada']) {
      const { body } = await get(`/authors?limit=500&country=${country}`);
      expect(body.list_of_authors).toEqual(all.filter(item => item.country === country));
      const page = await get(`/authors?country=${country}&sort=-name&q=name&limit=3`);
      expect(page.body.list_of_authors.map((item: Item) => item.country)).toEqual(
        Array(3).fill(country),
      );
    }
    expect((await get('/authors?country=CANADA')).body.list_of_authors).toEqual([]);
  });

  it('should lose and double none while others come and go between the pages', async () => {
    const user = await newAccount(app.url);
    const make = async (index: number): Promise<number> => (await post(user, index)).body.id;
    const ids: number[] = [];
    for (let index = 0; index < 40; index += 1) {
      ids.push(await make(index));
    }
    const seen: number[] = [];
    let path: string | undefined = '/authors?limit=5&sort=-name';
    for (let page = 0; path !== undefined; page += 1) {
      const { body, headers }: Answer = await get(path, user);
      seen.push(...body.list_of_authors.map(({ id }: Item) => id));
      // Each second one goes, whether it was seen or not, and new ones come on both sides.
      await call(app.url, 'DELETE', `/authors/${ids[page * 2]}`, { token: user.token });
      await make(100 + page);
      path = /<(.*)>/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(new Set(seen).size).toBe(seen.length);
    const left: Item[] = (await get('/authors?limit=500', user)).body.list_of_authors;
    const survivors = left.map(({ id }) => id).filter(id => ids.includes(id));
    expect(survivors.filter(id => !seen.includes(id))).toEqual([]);
  });

  it('should be filtered by the exact value of each member', async () => {
    const [first] = all;
    for (const [query, test] of [
      ['country=canada', (item: Item) => item.country === 'canada'],
      ['country=%C3%89ire&booker_prize=true', (i: Item) => i.country === 'Éire' && i.booker_prize],
      ['booker_prize=false', (item: Item) => !item.booker_prize],
      [`id=${first.id}`, (item: Item) => item.id === first.id],
      [`created_at=${first.created_at}`, (item: Item) => item.created_at === first.created_at],
      ['name=name+0', () => false],
      ["name=%25' OR 1=1", () => false],
    ] as const) {
      const walked = await walk(`/authors?limit=3&sort=-book&${query}`);
      expect(walked.map(({ id }) => id).sort()).toEqual(
        all
          .filter(test)
          .map(({ id }) => id)
          .sort(),
      );
    }
  });

  it('should be cut down to the fields that are asked for', async () => {
    const { body } = await get('/authors?fields=name,id&limit=1');
    expect(body.list_of_authors).toEqual([{ id: all[0].id, name: all[0].name }]);
  });

  it('should link to the next page with all that was asked for', async () => {
    const { headers } = await get('/authors?country=%C3%89ire&limit=2&sort=-name&fields=id');
    const link = headers.get('link')!;
    expect(link).toMatch(/^<\/authors\?[^>]+>; rel="next"$/);
    expect(link).toContain('country=%C3%89ire');
    const next = new URL(/<(.*)>/.exec(link)![1], app.url).searchParams;
    expect(Object.fromEntries(next)).toEqual({
      country: 'Éire',
      limit: '2',
      sort: '-name',
      fields: 'id',
      cursor: expect.any(String),
    });
  });

  it.each([
    'limit=0',
    'limit=501',
    'limit=1e3',
    'limit=0x10',
    'limit=',
    'limit=1&limit=2',
    'limit=%201',
    'limit=01',
    'sort=',
    'sort=words',
    'sort=version',
    'sort=owner_id',
    'sort=name,name',
    'sort=name,book',
    'sort=-name,id',
    'sort=name,',
    'sort=--name',
    'sort=constructor',
    'fields=',
    'fields=words',
    'fields=id,id',
    'q=',
    'q=%20',
    'q=' + 'x'.repeat(201),
    'id=0',
    'id=1e3',
    'booker_prize=1',
    'created_at=yesterday',
    'created_at=2024-02-30T00:00:00Z',
    'owner_id=1',
    '__proto__=1',
    'constructor=1',
    'name=%00',
    'cursor=',
    'cursor=AAAA',
    'cursor=not+base64',
    'page=2',
  ])('should not be asked for with %s', async query => {
    const { status, body } = await get(`/authors?${query}`);
    expect([status, body.type]).toEqual([400, '/problems/invalid_query']);
  });

  it('should take a cursor for nothing but the query that it came from', async () => {
    const { body } = await get('/authors?limit=2&sort=name&country=Canada');
    const cursor: string = body.next_cursor;
    const other = await newAccount(app.url);
    const at = (query: string, account = ada) =>
      get(`/authors?cursor=${cursor}&${query}`, account).then(({ status }) => status);
    expect(await at('sort=name&country=Canada&limit=5&fields=id')).toBe(200);
    expect(await at('sort=-name&country=Canada')).toBe(400);
    expect(await at('sort=name')).toBe(400);
    expect(await at('sort=name&country=Canada&q=name')).toBe(400);
    expect(await at('sort=name&country=canada')).toBe(400);
    expect(await at('sort=name&country=Canada', other)).toBe(400);
    for (const forged of [cursor.slice(0, -1), cursor.slice(1), `${cursor}A`, `A${cursor}`]) {
      const { status } = await get(`/authors?sort=name&country=Canada&cursor=${forged}`);
      expect(status).toBe(400);
    }
  });
});
