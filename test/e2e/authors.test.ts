import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer, CallOptions } from '../support/client.js';

const MARGARET = { name: 'Margaret Atwood', book: 'The Testaments', country: 'Canada' };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What is said of no record must not depend on whether somebody else has it. */
const withoutRequest = ({ status, body }: Answer): object => ({
  status,
  ...body,
  request_id: undefined,
  instance: undefined,
});

describe.each(databases())('authors on %s', kind => {
  let app: RunningApp;
  let ada: Account;
  let bob: Account;

  beforeAll(async () => {
    app = await startApp(kind);
    ada = await newAccount(app.url);
    bob = await newAccount(app.url);
  });
  afterAll(() => app.close());

  const as = (account: Account, method: string, path: string, options: CallOptions = {}) =>
    call(app.url, method, path, { token: account.token, ...options });
  const create = async (fields: object, account = ada): Promise<Answer> =>
    as(account, 'POST', '/authors', { json: { ...MARGARET, ...fields } });

  describe('a record', () => {
    it('should be kept and answered with its address and tag', async () => {
      const made = await as(ada, 'POST', '/author', { json: { ...MARGARET, booker_prize: true } });
      expect(made.status).toBe(201);
      expect(made.body).toEqual({
        message: 'new author created',
        id: expect.any(Number),
        ...MARGARET,
        booker_prize: true,
        version: 1,
        created_at: expect.stringMatching(TIME),
        updated_at: made.body.created_at,
      });
      expect(made.headers.get('location')).toBe(`/authors/${made.body.id}`);
      const read = await as(ada, 'GET', made.headers.get('location')!);
      expect(read.headers.get('etag')).toBe(made.headers.get('etag'));
      expect({ message: 'new author created', ...read.body }).toEqual(made.body);
    });

    it('should be the only one of its owner with that name and book, however they are written', async () => {
      expect((await create({ name: 'Émile Zola', book: 'Nana' })).status).toBe(201);
      const again = await create({ name: 'E\u0301MILE ZOLA', book: 'nana' });
      expect(again.status).toBe(409);
      expect(again.body.type).toBe('/problems/author_exists');
      expect(again.headers.get('location')).toBeNull();
      expect((await create({ name: 'Émile Zola', book: 'Nana' }, bob)).status).toBe(201);
      expect((await create({ name: 'Emile Zola', book: 'Nana' })).status).toBe(201);
    });

    it.each([
      [{ name: '' }, '/name'],
      [{ name: ' \t\u2003\u3000\n' }, '/name'],
      [{ name: 'x'.repeat(151) }, '/name'],
      [{ book: '😀'.repeat(301) }, '/book'],
      [{ country: 'x'.repeat(101) }, '/country'],
      [{ book: 7 }, '/book'],
      [{ book: undefined }, '/book'],
      [{ country: 7 }, '/country'],
      [{ name: 'a\u0000b' }, '/name'],
      [{ name: 'a\u000bb' }, '/name'],
      [{ book: 'a\u001bb' }, '/book'],
      [{ country: 'a\u0085b' }, '/country'],
      [{ booker_prize: 'true' }, '/booker_prize'],
      [{ owner_id: 1 }, '/owner_id'],
    ])('should not be made of %j', async (fault, pointer) => {
      const refused = await create({ ...fault });
      expect(refused.status).toBe(422);
      expect(refused.body.errors).toEqual([{ pointer, detail: expect.any(String) }]);
    });

    it('should be taken back as it was answered, with the read-only fields ignored', async () => {
      const { body: made } = await create({ book: 'The Penelopiad' });
      const path = `/authors/${made.id}`;
      const readOnly = { id: 1, version: 'x', created_at: null, updated_at: '1999-01-01' };
      const record = { ...MARGARET, book: 'The Penelopiad', booker_prize: false };
      for (const [method, target, json] of [
        ['PUT', path, (await as(ada, 'GET', path)).body],
        ['PUT', path, { ...record, ...readOnly }],
        ['PATCH', path, readOnly],
        ['POST', '/authors', { ...record, ...readOnly, book: 'The Robber Bride' }],
      ] as const) {
        const { status, body } = await as(ada, method, target, { json });
        expect([method, status]).toEqual([method, method === 'POST' ? 201 : 200]);
        expect(body).toMatchObject({ ...record, book: json.book ?? record.book });
        expect(body.id === made.id).toBe(method !== 'POST');
        expect(body.updated_at).toMatch(TIME);
        expect(body.version).toEqual(expect.any(Number));
      }
      const { body } = await as(ada, 'GET', path);
      expect([body.version, body.created_at]).toEqual([4, made.created_at]);
    });

    it.each([
      ['an emoji', '😀'],
      ['a letter that folds to 18', '\ufdfa'],
      ['a letter that folds to four, in one word', '\ufdf2'],
      ['a letter that folds to three', '\u0390'],
    ])('should take the longest texts of %s, once', async (_what, letter) => {
      const [name, book, country] = [150, 300, 100].map(length => letter.repeat(length));
      const longest = { name, book, country };
      expect((await create(longest)).body).toMatchObject(longest);
      expect((await create(longest)).status).toBe(409);
      const other = { ...longest, book: `${letter.repeat(299)}x` };
      expect((await create(other)).body).toMatchObject(other);
    });

    it('should have no country where none is given', async () => {
      const json = { name: 'Homer', book: 'Iliad' };
      expect((await as(bob, 'POST', '/authors', { json })).body.country).toBe('');
      const { body } = await create({ book: 'Negotiating with the Dead', country: undefined });
      const patched = await as(ada, 'PATCH', `/authors/${body.id}`, { json: { country: 'CA' } });
      expect([body.country, patched.body.country]).toEqual(['', 'CA']);
      const list = await as(bob, 'GET', '/authors?country=&fields=book');
      expect(list.body.list_of_authors).toEqual([{ book: 'Iliad' }]);
    });

    it('should be trimmed, and so be the same as without white space around it', async () => {
      const padded = { name: ' Trim\u00a0', book: '\t\u3000Trim ', country: '\nTrim\r\n' };
      const trimmed = { name: 'Trim', book: 'Trim', country: 'Trim' };
      const { body } = await create(padded);
      expect(body).toMatchObject(trimmed);
      expect((await create(trimmed)).status).toBe(409);
      const path = `/authors/${body.id}`;
      expect((await as(ada, 'PUT', path, { json: padded })).body).toMatchObject(trimmed);
      const json = { country: `${' '.repeat(100)}${'x'.repeat(100)} ` };
      expect((await as(ada, 'PATCH', path, { json })).body.country).toBe('x'.repeat(100));
    });

    it('should keep tabs and line breaks inside its texts', async () => {
      const texts = { name: 'A\tB', book: 'A\r\nB', country: 'A\nB' };
      expect((await create(texts)).body).toMatchObject(texts);
    });

    it('should say which limit a text breaks, and by how much', async () => {
      const { body } = await create({
        name: ' ',
        book: 'x'.repeat(301),
        country: '😀'.repeat(101),
      });
      const detail = (length: number, most: number): string =>
        `is too long: it has ${length} characters, at most ${most} are allowed`;
      expect(body.errors).toEqual([
        { pointer: '/name', detail: 'is too short: it has 0 characters, at least 1 is required' },
        { pointer: '/book', detail: detail(301, 300) },
        { pointer: '/country', detail: detail(101, 100) },
      ]);
    });

    it.each(['0', '-1', '1.5', '1e3', '0x10', '9007199254740993', '10000000000000000000', 'abc'])(
      'should not be found by the id %s',
      async id => {
        for (const [method, json] of [
          ['GET', undefined],
          ['PUT', MARGARET],
          ['PATCH', {}],
          ['DELETE', undefined],
        ] as const) {
          const { status, body } = await as(ada, method, `/authors/${id}`, { json });
          expect([method, status, body.message]).toEqual([method, 404, 'author does not exist']);
        }
      },
    );

    it('should be as missing to others as one that never was, whatever they try', async () => {
      const { body } = await create({ book: 'Cat’s Eye' });
      const tag = `"${body.id}-1"`;
      for (const [method, options] of [
        ['GET', {}],
        ['GET', { headers: { 'if-none-match': tag } }],
        ['PUT', { json: MARGARET }],
        ['PUT', { json: MARGARET, headers: { 'if-match': '"1-99"' } }],
        ['PATCH', { json: { book: 'mine' } }],
        ['PATCH', { json: { book: 'mine' }, headers: { 'if-match': tag } }],
        ['DELETE', {}],
        ['DELETE', { headers: { 'if-none-match': '*' } }],
      ] as const) {
        const foreign = await as(bob, method, `/authors/${body.id}`, options);
        const missing = await as(bob, method, '/authors/999999999', options);
        expect(foreign.status).toBe(404);
        expect(withoutRequest(foreign)).toEqual(withoutRequest(missing));
      }
      expect((await as(ada, 'GET', `/authors/${body.id}`)).body.book).toBe('Cat’s Eye');
    });

    it('should be gone once deleted', async () => {
      const { body } = await create({ book: 'Lady Oracle' });
      const deleted = await as(ada, 'DELETE', `/authors/${body.id}`);
      expect([deleted.status, deleted.body]).toEqual([200, { message: 'Author deleted' }]);
      expect((await as(ada, 'DELETE', `/authors/${body.id}`)).status).toBe(404);
      expect((await create({ book: 'Lady Oracle' })).body.id).toBeGreaterThan(body.id);
    });
  });

  describe('a change', () => {
    it('should replace the record as a whole with PUT', async () => {
      const { body } = await create({ book: 'Surfacing', booker_prize: true });
      const path = `/authors/${body.id}`;
      const put = await as(ada, 'PUT', path, { json: { ...MARGARET, book: 'Bodily Harm' } });
      expect(put.status).toBe(200);
      expect(put.body).toMatchObject({ book: 'Bodily Harm', booker_prize: false, version: 2 });
      expect(put.body.created_at).toBe(body.created_at);
      expect(put.headers.get('etag')).toBe(`"${body.id}-2"`);
      expect((await as(ada, 'GET', path)).body).toEqual(put.body);
      expect((await as(ada, 'PUT', path, { json: { name: 'x' } })).status).toBe(422);
    });

    it.each(['application/merge-patch+json', 'application/json'])(
      'should merge a patch of %s',
      async type => {
        const { body } = await create({ book: `Alias Grace ${type}`, booker_prize: true });
        const patch = (json: object) =>
          as(ada, 'PATCH', `/authors/${body.id}`, {
            body: JSON.stringify(json),
            headers: { 'content-type': type },
          });
        expect((await patch({ country: 'CA' })).body).toMatchObject({
          name: MARGARET.name,
          country: 'CA',
          booker_prize: true,
          version: 2,
        });
        expect((await patch({ booker_prize: null })).body.booker_prize).toBe(false);
        expect((await patch({ name: null })).body.errors[0].pointer).toBe('/name');
        expect((await patch([])).status).toBe(422);
      },
    );

    it('should not be taken in another form', async () => {
      const { body } = await create({ book: 'The Robber Bride' });
      const options = { body: '[]', headers: { 'content-type': 'application/json-patch+json' } };
      const refused = await as(ada, 'PATCH', `/authors/${body.id}`, options);
      expect(refused.status).toBe(415);
      expect(refused.headers.get('accept-patch')).toContain('application/merge-patch+json');
    });

    it('should not make two records the same', async () => {
      await create({ book: 'One' });
      const { body } = await create({ book: 'Two' });
      for (const method of ['PUT', 'PATCH']) {
        const json = { ...MARGARET, book: 'ONE' };
        expect((await as(ada, method, `/authors/${body.id}`, { json })).status).toBe(409);
      }
      expect((await as(ada, 'GET', `/authors/${body.id}`)).body).toMatchObject({
        book: 'Two',
        version: 1,
      });
    });

    it('should be made only in the version that If-Match names', async () => {
      const { body } = await create({ book: 'Life Before Man' });
      const path = `/authors/${body.id}`;
      const put = (field: string) =>
        as(ada, 'PUT', path, {
          json: { ...MARGARET, book: 'Life' },
          headers: { 'if-match': field },
        });
      expect((await put(`"${body.id}-2"`)).status).toBe(412);
      expect((await put(`W/"${body.id}-1"`)).status).toBe(412);
      expect((await put('nonsense')).status).toBe(400);
      expect((await put(`"x", "${body.id}-1"`)).body.version).toBe(2);
      expect((await put('*')).body.version).toBe(3);
      const headers = { 'if-match': `"${body.id}-1"` };
      expect((await as(ada, 'DELETE', path, { headers })).status).toBe(412);
      expect((await as(ada, 'PATCH', path, { json: {}, headers })).status).toBe(412);
      expect((await as(ada, 'GET', path)).body.version).toBe(3);
      const gone = { headers: { 'if-match': `"${body.id}-3"` } };
      expect((await as(ada, 'DELETE', path, gone)).status).toBe(200);
      expect((await as(ada, 'DELETE', path, gone)).status).toBe(404);
    });

    it('should win once of 100 in parallel with one tag', async () => {
      const { body } = await create({ book: 'Moral Disorder' });
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          as(ada, index % 2 ? 'PUT' : 'PATCH', `/authors/${body.id}`, {
            json: { ...MARGARET, book: `Moral Disorder ${index}` },
            headers: { 'if-match': `"${body.id}-1"` },
          }),
        ),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array<number>(99).fill(412)]);
      const winner = answers.find(({ status }) => status === 200)!;
      expect((await as(ada, 'GET', `/authors/${body.id}`)).body).toEqual(winner.body);
    });

    it('should be told apart by If-None-Match', async () => {
      const { body } = await create({ book: 'Hag-Seed' });
      const read = (field: string) =>
        as(ada, 'GET', `/authors/${body.id}`, { headers: { 'if-none-match': field } });
      for (const field of [`"${body.id}-1"`, `"x", W/"${body.id}-1"`, '*']) {
        const fresh = await read(field);
        expect([fresh.status, fresh.text]).toEqual([304, '']);
        expect(fresh.headers.get('etag')).toBe(`"${body.id}-1"`);
        expect(fresh.headers.get('content-type')).toBeNull();
      }
      expect((await read(`"${body.id}-2"`)).status).toBe(200);
    });
  });
});
