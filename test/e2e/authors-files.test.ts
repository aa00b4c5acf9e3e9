import { readFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount, upload } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { DIALECTS } from '../support/file-dialects.js';
import { ROOT } from '../support/process.js';

const NAMES = [
  'Bernardine Evaristo',
  'Damon Galgut',
  'Douglas Stuart',
  'Kiran Desai',
  'Margaret Atwood',
  'Paul Lynch',
  'Samantha Harvey',
  'Shehan Karunatilaka',
];

const contentOf = (file: string): Buffer => readFileSync(path.join(ROOT, 'test/files', file));

describe.each(databases())('a file of another program on %s', kind => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  afterAll(() => app.close());

  const send = (
    account: Account,
    body: string | Uint8Array,
    type = 'text/csv',
    query = '',
    headers: Record<string, string> = {},
  ): Promise<Answer> => upload(app.url, account, body, { type, query: `?${query}`, headers });
  const records = async ({ token }: Account): Promise<Record<string, unknown>[]> =>
    (await call(app.url, 'GET', '/authors', { token })).body.list_of_authors;

  it.each(DIALECTS)('should be imported: $from, $file', async dialect => {
    const { file, type, query, created, skipped, faulty, ignored } = dialect;
    const user = await newAccount(app.url);
    const { status, body } = await send(user, contentOf(file), type, query);
    expect([status, body]).toMatchObject([
      200,
      { created, skipped, error_count: faulty, ignored_columns: ignored },
    ]);
    const plain = (name: unknown): string => String(name).split(', ').reverse().join(' ');
    expect((await records(user)).map(({ name }) => plain(name)).toSorted()).toEqual(NAMES);
  });

  it('should keep its letters, whatever its charset', async () => {
    const user = await newAccount(app.url);
    await send(user, contentOf('excel-de.csv'), 'text/csv; charset=ISO-8859-1');
    expect((await records(user)).map(({ country }) => country)).toContain('Südafrika');
    const windows = await newAccount(app.url);
    await send(windows, contentOf('excel-fr.csv'), 'text/csv; charset="windows-1252"');
    expect((await records(windows)).map(({ country }) => country)).toContain('Sri Lanka – Ceylan');
    const undeclared = await send(await newAccount(app.url), contentOf('excel-de.csv'));
    expect(undeclared.body.errors).toEqual([
      { line: 5, detail: expect.stringContaining('not valid UTF-8') },
    ]);
    const unknown = await send(user, 'x', 'text/csv; charset=klingon');
    expect([unknown.status, unknown.body.detail]).toEqual([
      415,
      'the charset "klingon" is not known',
    ]);
  });

  it('should be refused with one fault where columns are missing', async () => {
    const user = await newAccount(app.url);
    const { status, body } = await send(user, contentOf('german-headers.csv'));
    expect([status, body.error_count]).toEqual([422, 1]);
    expect(body.errors[0].detail).toMatch(/name and book; found: Autor, Titel, Land; known: name/);
    for (const columns of ['', 'x:y', 'book', 'book:', 'book:a,book:b', 'book:a,pages:b,name:']) {
      const wrong = await send(user, 'x', 'text/csv', `columns=${columns}`);
      expect([columns, wrong.status]).toEqual([columns, 400]);
    }
  });

  const form = (...parts: [head: string, content: string | Buffer][]): Buffer =>
    Buffer.concat([
      ...parts.flatMap(([head, content]) => [
        Buffer.from(`--edge\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
        Buffer.from(content as string),
        Buffer.from('\r\n'),
      ]),
      Buffer.from('--edge--\r\n'),
    ]);
  const FORM = 'multipart/form-data; boundary=edge';
  const FILE = 'name="file"; filename="books.csv"\r\nContent-Type: application/octet-stream';
  const LINE = 'name,book\nA,B\n';

  it('should be taken from a form', async () => {
    const user = await newAccount(app.url);
    const sent = await send(user, form([FILE, contentOf('goodreads.csv')]), FORM);
    expect(sent.body).toMatchObject({ created: 8, error_count: 0 });
    const data = new FormData();
    const long = Array.from({ length: 20_000 }, (_, at) => `A,B ${at}\r\n--edge\r\n`.slice(0, -10));
    data.set('file', new Blob([`name,book\r\n${long.join('\n')}`], { type: 'text/csv' }), 'x');
    const response = await fetch(`${app.url}/authors/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}` },
      body: data,
    });
    expect(await response.json()).toMatchObject({ created: 20_000, error_count: 0 });
  });

  it('should leave no file, whatever its name in a form', async () => {
    const user = await newAccount(app.url);
    const before = readdirSync(app.dataDir);
    for (const name of ['../../escape.csv', '/etc/escape.csv', '..%2fescape.csv']) {
      const file = FILE.replace('books.csv', name);
      const { status } = await send(user, form([file, LINE]), FORM, 'on_conflict=skip');
      expect([name, status]).toEqual([name, 200]);
    }
    expect(readdirSync(app.dataDir)).toEqual(before);
  });

  it.each<[string, Buffer | string, number, string?]>([
    ['two files', form([FILE, LINE], [FILE, LINE]), 400],
    ['an option as a field', form(['name="on_error"', 'skip'], [FILE, LINE]), 400],
    ['a field behind the file', form([FILE, LINE], ['name="on_error"', 'skip']), 400],
    ['no file', '--edge--\r\n', 400],
    ['no end', form([FILE, LINE]).subarray(0, -8), 400],
    ['an endless header', `--edge\r\n${'x'.repeat(10_000)}`, 400],
    ['no boundary', form([FILE, LINE]), 400, 'multipart/form-data'],
    ['a picture', form(['name="file"; filename="a.png"\r\nContent-Type: image/png', LINE]), 415],
  ])('should not be taken from a form with %s', async (_, body, expected, type = FORM) => {
    const user = await newAccount(app.url);
    const { status } = await send(user, body, type);
    expect([status, await records(user)]).toEqual([expected, []]);
  });

  it.each(
    ['abort', 'skip'].flatMap(onError => [
      [onError, ''],
      [onError, 'key'],
    ]),
  )(
    'should be refused while it is one endless line (on_error=%s, Idempotency-Key: %j)',
    async (onError, key) => {
      const { token } = await newAccount(app.url);
      const sending = httpRequest(`${app.url}/authors/import?on_error=${onError}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'text/csv',
          ...(key && { 'idempotency-key': key }),
        },
      });
      sending.on('error', () => undefined);
      sending.write('name,book\nA,B\n');
      sending.write('x'.repeat(onError === 'skip' ? 1_100_000 : 70_000));
      const [response] = (await once(sending, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(422);
      sending.destroy();
    },
  );

  it('should be written for Excel, and read back', async () => {
    const [user, other] = [await newAccount(app.url), await newAccount(app.url)];
    const odd = { name: '=A;B', book: '＠cmd', country: 'a "b"\tc' };
    await call(app.url, 'POST', '/authors', { token: user.token, json: { ...odd, country: 'C' } });
    for (const separator of ['%3B', '%09', '%7C', '%2C']) {
      const query = `format=csv&bom=true&separator=${separator}`;
      const { text } = await download(user, query);
      expect(text).toContain(`id${decodeURIComponent(separator)}name`);
      const back = await send(other, text, 'text/csv', 'on_conflict=update');
      expect(back.body).toMatchObject({ error_count: 0, ignored_columns: [] });
    }
    expect(await records(other)).toMatchObject([{ name: '=A;B', book: '＠cmd' }]);
  });

  it('should be exported in the format that Accept likes best', async () => {
    const user = await newAccount(app.url);
    for (const [accept, query, type] of [
      ['text/csv', '', 'text/csv'],
      ['application/json, text/csv;q=0.5', '', 'application/json'],
      ['text/html, */*;q=0.1', '', 'application/x-ndjson'],
      ['*/*', 'format=csv', 'text/csv'],
    ]) {
      const { status, headers } = await download(user, query, { accept });
      expect([status, headers.get('content-type')?.split(';')[0]]).toEqual([200, type]);
    }
    for (const query of ['bom=true', 'format=json&separator=;', 'format=csv&separator=x']) {
      expect([query, (await download(user, query)).status]).toEqual([query, 400]);
    }
  });

  /** Keeps the byte order mark, which `text()` removes. */
  async function download({ token }: Account, query: string, headers = {}) {
    const response = await fetch(`${app.url}/authors/export?${query}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    const text = Buffer.from(await response.arrayBuffer()).toString();
    return { status: response.status, headers: response.headers, text };
  }
});
