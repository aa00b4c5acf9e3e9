import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount, upload } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';

const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';

const line = (index: number, rest: object = {}): string =>
  JSON.stringify({ name: `Name ${index}`, book: `Book ${index}`, country: 'Ireland', ...rest });
const file = (...lines: string[]): string => lines.map(text => `${text}\n`).join('');
const many = (count: number, from = 0): string =>
  file(...Array.from({ length: count }, (_, index) => line(from + index)));

describe.each(databases())('a file of authors on %s', kind => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  afterAll(() => app.close());

  const send = (
    account: Account,
    body: string | Uint8Array,
    { type = NDJSON, query = '', headers = {} as Record<string, string> } = {},
  ): Promise<Answer> => upload(app.url, account, body, { type, query, headers });
  const download = async ({ token }: Account, query: string): Promise<Answer> => {
    const response = await fetch(`${app.url}/authors/export?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await response.text();
    const { status, headers } = response;
    const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
    return { status, headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  /** An upload that has begun and does not end: it is being carried out when this resolves. */
  const hang = async ({ token }: Account, body: string, more = {}): Promise<ClientRequest> => {
    const running = httpRequest(`${app.url}/authors/import`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': NDJSON,
        expect: '100-continue',
        ...more,
      },
    });
    running.on('error', () => undefined);
    running.flushHeaders();
    await once(running, 'continue');
    running.write(body);
    return running;
  };
  const books = async ({ token }: Account): Promise<string[]> =>
    (await call(app.url, 'GET', '/authors?limit=500', { token })).body.list_of_authors.map(
      ({ book }: { book: string }) => book,
    );

  describe('that is imported', () => {
    it.each([
      [NDJSON, file(line(1), line(2, { booker_prize: true, id: 7, version: 3 }))],
      [
        CSV,
        '\ufeffcountry,booker_prize,name,book\r\nIreland,,Name 1,"Book 1"\r\nIreland,true,Name 2,Book 2',
      ],
    ])('should become records: %s', async (type, content) => {
      const user = await newAccount(app.url);
      const { status, body } = await send(user, content, { type });
      expect([status, body]).toEqual([
        200,
        {
          message: 'authors imported',
          created: 2,
          updated: 0,
          skipped: 0,
          ignored_columns: [],
          errors: [],
          error_count: 0,
        },
      ]);
      const list = await call(app.url, 'GET', '/authors', { token: user.token });
      expect(list.body.list_of_authors).toMatchObject([
        { name: 'Name 1', book: 'Book 1', country: 'Ireland', booker_prize: false, version: 1 },
        { name: 'Name 2', book: 'Book 2', country: 'Ireland', booker_prize: true, version: 1 },
      ]);
      const found = await call(app.url, 'GET', '/authors?q=name+2', { token: user.token });
      expect(found.body.list_of_authors).toHaveLength(1);
    });

    it('should leave nothing behind where a line has a fault', async () => {
      const user = await newAccount(app.url);
      const content = file(line(1), line(2, { name: '' }), 'nonsense', line(4));
      const { status, body } = await send(user, content);
      expect(status).toBe(422);
      expect(body).toMatchObject({
        type: '/problems/import_refused',
        errors: [
          { line: 2, detail: 'name is too short: it has 0 characters, at least 1 is required' },
          { line: 3, detail: expect.any(String) },
        ],
        error_count: 2,
      });
      expect(await books(user)).toEqual([]);
    });

    it('should leave out the faulty lines where that is asked for', async () => {
      const user = await newAccount(app.url);
      const content = file(line(1), line(2, { pages: 3 }), line(3), line(1));
      const { body } = await send(user, content, { query: '?on_error=skip' });
      expect(body).toMatchObject({ created: 2, skipped: 0, error_count: 2 });
      expect(body.errors.map((error: { line: number }) => error.line)).toEqual([2, 4]);
      expect(await books(user)).toEqual(['Book 1', 'Book 3']);
    });

    it('should treat existing records as on_conflict says', async () => {
      const user = await newAccount(app.url);
      await send(user, file(line(1), line(2)));
      const content = file(line(2, { country: 'Wales' }), line(3), line(3, { country: 'France' }));

      const refused = await send(user, content);
      expect(refused.status).toBe(422);
      expect(refused.body.errors).toEqual([
        { line: 1, detail: 'you already have this book of this author' },
        { line: 3, detail: 'you already have this book of this author' },
      ]);
      expect(await books(user)).toEqual(['Book 1', 'Book 2']);

      const skipped = await send(user, content, { query: '?on_conflict=skip' });
      expect(skipped.body).toMatchObject({ created: 1, updated: 0, skipped: 2, error_count: 0 });

      const updated = await send(user, content, { query: '?on_conflict=update' });
      expect(updated.body).toMatchObject({ created: 0, updated: 3, skipped: 0, error_count: 0 });
      const { body } = await call(app.url, 'GET', '/authors', { token: user.token });
      expect(
        body.list_of_authors.map(({ country, version }: { country: string; version: number }) => [
          country,
          version > 1,
        ]),
      ).toEqual([
        ['Ireland', false],
        ['Wales', true],
        ['France', true],
      ]);
      const found = await call(app.url, 'GET', '/authors?q=france', { token: user.token });
      expect(found.body.list_of_authors).toHaveLength(1);
    });

    it.each(['?on_error=skip', ''])(
      'should be stored in full, in slices or not (%s)',
      async query => {
        const user = await newAccount(app.url);
        const content = many(5000) + file(line(17));
        const { body } = await send(user, content, { query: query || '?on_conflict=skip' });
        expect(body).toMatchObject({ created: 5000 });
        expect(body.error_count + body.skipped).toBe(1);
        const { text } = await download(user, 'format=csv');
        expect(text.split('\r\n').length).toBe(5002);
      },
    );

    it('should tell of no more than 1,000 faults, and count all', async () => {
      const user = await newAccount(app.url);
      const { body } = await send(user, file(...Array<string>(1500).fill('x')));
      expect([body.errors.length, body.error_count]).toEqual([1000, 1500]);
    });

    it.each([
      ['a missing column', 'name,country\nA,B\n', 1],
      ['a column twice', 'name,book,Name\nA,B,C\n', 1],
      ['an unclosed quote', 'name,book,country\n"A,B,C\nA,B,C\n', 2],
      ['invalid UTF-8', Buffer.from('name,book,country\n\xff,B,C\n', 'latin1'), 2],
      [
        'a line of 8 MB',
        Buffer.concat([Buffer.from('name,book,country\n'), Buffer.alloc(8 << 20, 'x')]),
        2,
      ],
      ['nothing in it', '\n\n', 1],
    ])('should not be taken with %s', async (_, content, faulty) => {
      const user = await newAccount(app.url);
      const { status, body } = await send(user, content, { type: CSV });
      expect([status, body.errors[0].line]).toEqual([422, faulty]);
    });

    it('should not be asked for in another way', async () => {
      const user = await newAccount(app.url);
      for (const query of ['?on_error=stop', '?on_conflict=', '?on_conflict=update&x=1']) {
        expect([query, (await send(user, line(1), { query })).status]).toEqual([query, 400]);
      }
      const other = await send(user, line(1), { type: 'application/json' });
      expect([other.status, other.headers.get('accept-post')]).toEqual([
        415,
        'application/x-ndjson, text/csv, text/tab-separated-values, application/csv, application/vnd.ms-excel, multipart/form-data',
      ]);
      const zipped = await send(user, line(1), { headers: { 'content-encoding': 'gzip' } });
      expect(zipped.status).toBe(415);
      const nothing = await call(app.url, 'POST', '/authors/import', { token: user.token });
      expect(nothing.status).toBe(415);
    });

    it('should be carried out once for one Idempotency-Key', async () => {
      const user = await newAccount(app.url);
      const headers = { 'idempotency-key': 'import' };
      const first = await send(user, many(3), { headers });
      const again = await send(user, many(3), { headers });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect([again.status, again.text]).toEqual([200, first.text]);
      expect((await send(user, many(4), { headers })).status).toBe(422);
      expect((await send(user, many(3), { headers, query: '?on_error=skip' })).status).toBe(422);
      expect(await books(user)).toHaveLength(3);

      const faulty = { 'idempotency-key': 'faulty' };
      const refused = await send(user, 'x', { headers: faulty });
      const refusedAgain = await send(user, 'x', { headers: faulty });
      expect([refusedAgain.status, refusedAgain.text]).toEqual([422, refused.text]);
    });

    it('should hold its key while it runs, and leave nothing when the client goes away', async () => {
      const user = await newAccount(app.url);
      const running = await hang(user, many(10), { 'idempotency-key': 'slow' });
      const again = () => send(user, many(10), { headers: { 'idempotency-key': 'slow' } });
      await expect.poll(async () => (await again()).status, { timeout: 5000 }).toBe(409);
      expect(await books(user)).toEqual([]);
      running.destroy();
      await expect.poll(async () => (await again()).status, { timeout: 5000 }).toBe(200);
      expect(await books(user)).toHaveLength(10);
    });
  });

  describe('that is exported', () => {
    let ada: Account;
    const FORMULA = { name: '=cmd|x', book: "'-1", country: '@a,"b"' };

    beforeAll(async () => {
      ada = await newAccount(app.url);
      await send(ada, many(1000) + file(line(1000, FORMULA), line(1001, { name: 'Émile 😀' })));
      await send(await newAccount(app.url), many(3));
    });

    it.each([
      ['', `${NDJSON}; charset=utf-8`, 'ndjson'],
      ['format=ndjson', `${NDJSON}; charset=utf-8`, 'ndjson'],
      ['format=csv', `${CSV}; charset=utf-8; header=present`, 'csv'],
      ['format=json', 'application/json; charset=utf-8', 'json'],
    ])('should hold all of the caller’s records and no others: %s', async (query, type, name) => {
      const answer = await download(ada, query);
      expect(answer.headers.get('content-type')).toBe(type);
      expect(answer.headers.get('content-disposition')).toBe(
        `attachment; filename="authors.${name}"`,
      );
      const list = await call(app.url, 'GET', '/authors?limit=500', { token: ada.token });
      const first = list.body.list_of_authors[0];
      const records =
        name === 'json'
          ? answer.body
          : answer.text
              .trim()
              .split('\n')
              .map(text => (name === 'csv' ? text : JSON.parse(text)));
      expect(records).toHaveLength(name === 'csv' ? 1003 : 1002);
      expect(name === 'csv' ? records[1].split(',')[0] : records[0]).toEqual(
        name === 'csv' ? String(first.id) : first,
      );
    });

    it('should hold no cell that a spreadsheet would run', async () => {
      const { text } = await download(ada, 'format=csv&q=cmd');
      expect(text.split('\r\n')[1]).toContain(`,'=cmd|x,''-1,"'@a,""b""",false,1,`);
    });

    it.each(['ndjson', 'csv'])('should be the same records when imported: %s', async format => {
      const user = await newAccount(app.url);
      const { text } = await download(ada, `format=${format}`);
      const { body } = await send(user, text, { type: format === 'csv' ? CSV : NDJSON });
      expect(body).toMatchObject({ created: 1002, error_count: 0 });
      const own = async (account: Account): Promise<object[]> =>
        (await download(account, 'format=json')).body.map(
          ({ name, book, country, booker_prize }: Record<string, unknown>) => ({
            name,
            book,
            country,
            booker_prize,
          }),
        );
      expect(await own(user)).toEqual(await own(ada));
    });

    it('should be filtered as the list is', async () => {
      const books = async (query: string): Promise<string[]> =>
        (await download(ada, `format=json&${query}`)).body.map(
          ({ book }: { book: string }) => book,
        );
      expect(await books('book=Book+7')).toEqual(['Book 7']);
      expect(await books('q=emile')).toEqual(['Book 1001']);
      expect(await books('q=nobody')).toEqual([]);
      for (const query of ['format=xml', 'limit=1', 'sort=name', 'q=', 'fields=id', 'x=1']) {
        expect([query, (await download(ada, query)).status]).toEqual([query, 400]);
      }
    });

    it('should be of one moment, however slowly it is read', async () => {
      const user = await newAccount(app.url);
      await send(user, many(20_000));
      const response = await fetch(`${app.url}/authors/export`, {
        headers: { authorization: `Bearer ${user.token}` },
      });
      const reader = Readable.fromWeb(response.body as never);
      let text = '';
      for await (const chunk of reader) {
        if (text === '') {
          await send(user, many(100, 50_000));
          const { status } = await call(
            app.url,
            'DELETE',
            `/authors/${lastId(String(chunk)) + 15_000}`,
            {
              token: user.token,
            },
          );
          expect(status).toBe(200);
        }
        text += chunk;
      }
      expect(text.trim().split('\n')).toHaveLength(20_000);
    });

    it('should not trouble the server when its reader goes away', async () => {
      const user = await newAccount(app.url);
      await send(user, many(20_000));
      for (let round = 0; round < 5; round += 1) {
        const reading = httpRequest(`${app.url}/authors/export`, {
          headers: { authorization: `Bearer ${user.token}` },
        });
        reading.end();
        const [response] = (await once(reading, 'response')) as [IncomingMessage];
        await once(response, 'readable');
        reading.destroy();
      }
      expect((await download(user, 'format=csv')).text.split('\n').length).toBe(20_002);
    });
  });
});

function lastId(chunk: string): number {
  return Number(/.*"id":(\d+)/s.exec(chunk)![1]);
}
