import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount, PASSWORD } from '../support/client.js';
import type { Account } from '../support/client.js';

/** Name, book, country. */
const RECORDS: readonly [string, string, string][] = [
  ['Margaret Atwood', 'The Testaments', 'Canada'],
  ['Émile Zola', 'Nana', 'France'],
  ['Flann O’Brien', 'At Swim-Two-Birds', 'Ireland'],
  ["Tim O'Brien", 'The Things They Carried', 'United States'],
  ['Joseph Heller', 'Catch-22', 'United States'],
  ['吾輩 漱石', '吾輩は猫である', 'Japan'],
  ['Günter Grass', 'Die Blechtrommel 100%', 'Germany'],
  ['GROSS', 'Straße der snake_case', 'Öst "quoted" \\ *'],
  ['Łukasz Müller', 'ﬁnal ＡＢＣ', 'Poland'],
  ['Ἀχιλλεύς', 'Οδυσσέας', 'Ελλάς'],
  ['村上春樹', 'ノルウェイの森', '日本'],
  ['คึกฤทธิ์ ปราโมช', 'สี่แผ่นดิน', 'ไทย'],
  ['Jo Nesbø', 'Snømannen', 'Norge'],
  ['Þór', 'Æsir þræll', 'Ísland'],
];

/** What is asked for, and the books that are found. */
const SEARCHES: readonly [string, string[]][] = [
  ['margaret', ['The Testaments']],
  ['MARG', ['The Testaments']],
  ['atwood testa can', ['The Testaments']],
  ['argaret', []],
  ['margaret zola', []],
  ['emile', ['Nana']],
  ['ÉMILE', ['Nana']],
  ['E\u0301mile nana', ['Nana']],
  ['united', ['The Things They Carried', 'Catch-22']],
  ["o'brien", ['At Swim-Two-Birds', 'The Things They Carried']],
  ['o’brien swim', ['At Swim-Two-Birds']],
  ['catch-22', ['Catch-22']],
  ['22', ['Catch-22']],
  ['%', ['Die Blechtrommel 100%']],
  ['100%', ['Die Blechtrommel 100%']],
  ['_', ['Straße der snake_case']],
  ['"', ['Straße der snake_case']],
  ['\\', ['Straße der snake_case']],
  ['*', ['Straße der snake_case']],
  ['strasse', ['Straße der snake_case']],
  ['Gross STRASSE', ['Straße der snake_case']],
  ['gunter', ['Die Blechtrommel 100%']],
  ['final abc', ['ﬁnal ＡＢＣ']],
  ['吾輩', ['吾輩は猫である']],
  ['猫', ['吾輩は猫である']],
  ['漱石 猫', ['吾輩は猫である']],
  ['猫犬', []],
  ['春樹', ['ノルウェイの森']],
  ['ｳｪｲ', ['ノルウェイの森']],
  ['แผ่นดิน', ['สี่แผ่นดิน']],
  ['lukasz', ['ﬁnal ＡＢＣ']],
  ['nesbo', ['Snømannen']],
  ['NESBØ sno', ['Snømannen']],
  ['aesir', ['Æsir þræll']],
  ['thraell', ['Æsir þræll']],
  ['αχιλλ', ['Οδυσσέας']],
  ['ελλας', ['Οδυσσέας']],
  ['margaret OR zola', []],
  ['margaret AND atwood', []],
  ['NOT zola', []],
  ['margaret" OR "zola', []],
  ['name:margaret', []],
  ["margaret') --", []],
  ["margaret':* | zola", []],
  ['NEAR(margaret atwood)', []],
  ['mar*', ['The Testaments']],
  ['😀', []],
];

describe.each(databases())('a search on %s', kind => {
  let app: RunningApp;
  let ada: Account;
  let bob: Account;

  beforeAll(async () => {
    app = await startApp(kind);
    ada = await newAccount(app.url);
    bob = await newAccount(app.url);
    for (const [name, book, country] of RECORDS) {
      await create({ name, book, country });
    }
    await create({ name: 'Margaret Drabble', book: 'The Millstone', country: 'England' }, bob);
  });
  afterAll(() => app.close());

  const create = (json: object, account = ada) =>
    call(app.url, 'POST', '/authors', { token: account.token, json });
  const search = async (q: string, rest = '', account = ada): Promise<string[]> => {
    const { status, body } = await call(
      app.url,
      'GET',
      `/authors?q=${encodeURIComponent(q)}${rest}`,
      { token: account.token },
    );
    expect([q, status]).toEqual([q, 200]);
    return body.list_of_authors.map(({ book }: { book: string }) => book);
  };

  it.each(SEARCHES)('for %j should find %j', async (q, books) => {
    expect(await search(q)).toEqual(books);
  });

  it('should refuse more than eight words, counted once each and without accents', async () => {
    const { token } = await newAccount(app.url);
    const search = (q: string) =>
      call(app.url, 'GET', `/authors?q=${encodeURIComponent(q)}`, { token });
    expect((await search('a b c d e f g h A Á')).status).toBe(200);
    const refused = await search('a b c d e f g h i');
    expect(refused.status).toBe(400);
    expect(refused.body.detail).toBe('q must be 1 to 200 characters with 1 to 8 words');
  });

  it('should find no other user’s records', async () => {
    expect(await search('margaret', '', bob)).toEqual(['The Millstone']);
  });

  it('should follow what becomes of a record', async () => {
    const { body } = await create({ name: 'Hilary Mantel', book: 'Fludd', country: 'England' });
    const change = (method: string, json?: object) =>
      call(app.url, method, `/authors/${body.id}`, { token: ada.token, json });
    expect(await search('fludd')).toEqual(['Fludd']);
    await change('PATCH', { book: 'Wolf Hall' });
    expect([await search('fludd'), await search('wolf')]).toEqual([[], ['Wolf Hall']]);
    await change('PUT', { name: 'H. M.', book: 'Wolf Hall', country: 'Wales' });
    expect([await search('mantel'), await search('wales')]).toEqual([[], ['Wolf Hall']]);
    await change('DELETE');
    expect(await search('wolf')).toEqual([]);
  });

  it('should find nothing of a user who has gone', async () => {
    const gone = await newAccount(app.url);
    await create({ name: 'Anna Burns', book: 'Milkman', country: 'Ireland' }, gone);
    const removed = await call(app.url, 'DELETE', '/users/me', {
      token: gone.token,
      json: { password: PASSWORD },
    });
    expect(removed.status).toBe(204);
    expect(await search('milkman')).toEqual([]);
  });

  describe('of many', () => {
    let eve: Account;

    beforeAll(async () => {
      eve = await newAccount(app.url);
      // Common words that are found by looking, rare ones by the index, and rare ones behind many others.
      for (let index = 0; index < 700; index += 50) {
        await Promise.all(
          Array.from({ length: 50 }, (_, offset) => {
            const number = index + offset;
            return create(
              {
                name: `Common ${number % 2 ? 'odd' : 'even'} ${number % 97 === 0 ? 'rare' : 'x'}`,
                book: `Book ${String(number).padStart(3, '0')}`,
                country: number > 690 ? 'Late' : 'Early',
              },
              eve,
            );
          }),
        );
      }
    });

    it.each(['common', 'odd common', 'rare', 'late', 'rare even', 'book'])(
      'should find each record with %j once, in every order',
      async q => {
        const test = (book: string): boolean => {
          const number = Number(book.slice(5));
          return q.split(' ').every(
            word =>
              ({
                common: true,
                book: true,
                odd: number % 2 === 1,
                even: number % 2 === 0,
                rare: number % 97 === 0,
                late: number > 690,
              })[word],
          );
        };
        const expected = Array.from(
          { length: 700 },
          (_, index) => `Book ${String(index).padStart(3, '0')}`,
        ).filter(test);
        for (const sort of ['id', '-id', 'book', '-book', '-country']) {
          const walked: string[] = [];
          let path = `/authors?q=${encodeURIComponent(q)}&limit=40&sort=${sort}`;
          while (path !== '') {
            const { body, headers } = await call(app.url, 'GET', path, { token: eve.token });
            walked.push(...body.list_of_authors.map(({ book }: { book: string }) => book));
            path = /<(.*)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
          }
          expect([sort, [...walked].sort()]).toEqual([sort, expected]);
          if (sort.endsWith('book')) {
            expect(walked).toEqual(sort === 'book' ? expected : [...expected].reverse());
          }
        }
      },
    );
  });
});
