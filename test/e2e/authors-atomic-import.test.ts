import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, product, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { PASSWORD } from '../support/secrets.js';

/** Enough that other requests arrive while they are stored. */
const MANY = 20_000;

const NDJSON = 'application/x-ndjson';

const record = (index: number, rest: object = {}) => ({
  name: `Name ${index}`,
  book: `Book ${index}`,
  country: 'Ireland',
  ...rest,
});
const file = (records: readonly object[]): string =>
  records.map(each => `${JSON.stringify(each)}\n`).join('');
const many = (count: number, from = 0): object[] =>
  Array.from({ length: count }, (_, index) => record(from + index));

describe.each(databases())('an import that stores all or nothing, on %s', kind => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  afterAll(() => app.close());

  const upload = ({ token }: Account, records: readonly object[], query = ''): Promise<Answer> =>
    call(app.url, 'POST', `/authors/import${query}`, {
      token,
      body: file(records),
      headers: { 'content-type': NDJSON },
    });
  const post = ({ token }: Account, json: object): Promise<Answer> =>
    call(app.url, 'POST', '/author', { token, json });
  const list = async ({ token }: Account, query = ''): Promise<any[]> =>
    (await call(app.url, 'GET', `/authors?limit=500${query}`, { token })).body.list_of_authors;
  const count = async ({ token }: Account): Promise<number> => {
    const { text } = await call(app.url, 'GET', '/authors/export?format=csv', { token });
    return text.split('\n').length - 2;
  };

  /** Repeats `work` until the answer comes; returns how often. */
  async function meanwhile(answer: Promise<Answer>, work: () => Promise<void>): Promise<number> {
    let isOpen = true;
    const end = answer.finally(() => (isOpen = false)).catch(() => undefined);
    let times = 0;
    for (; isOpen; times += 1) {
      await work();
    }
    await end;
    return times;
  }

  it('should show none of its records before all are stored', async () => {
    const user = await newAccount(app.url);
    const first = (await post(user, record(MANY))).body;
    const importing = upload(user, many(MANY));
    const seen = new Set<number>();
    const pages = new Set<string>();
    const times = await meanwhile(importing, async () => {
      const lists = await Promise.all([
        list(user),
        list(user, '&sort=-name'),
        list(user, '&q=name'),
      ]);
      pages.add(lists.map(({ length }) => length).join());
      seen.add(await count(user));
    });
    expect((await importing).body).toMatchObject({ created: MANY, error_count: 0 });
    expect(times).toBeGreaterThan(1);
    expect([...seen].filter(rows => rows !== 1 && rows !== MANY + 1)).toEqual([]);
    expect(seen).toContain(1);
    expect(pages).toContain('1,1,1');
    expect(await count(user)).toBe(MANY + 1);
    expect((await call(app.url, 'GET', `/authors/${first.id + 7}`, user)).status).toBe(200);
    expect(await list(user, `&q=name+${MANY - 1}`)).toMatchObject([record(MANY - 1)]);
    // The next record has a later id.
    expect((await post(user, record(MANY + 1))).body.id).toBeGreaterThan(first.id + MANY);
  });

  it('should let its owner and others write', async () => {
    const [user, other] = [await newAccount(app.url), await newAccount(app.url)];
    const mine = (await post(user, record(MANY))).body;
    const importing = upload(user, many(MANY));
    let made = 0;
    await meanwhile(importing, async () => {
      made += 1;
      const changed = { json: { country: `Country ${made}` }, token: user.token };
      const answers = await Promise.all([
        post(other, record(made)),
        post(user, record(MANY + made)),
        call(app.url, 'PATCH', `/authors/${mine.id}`, changed),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 200]);
    });
    expect((await importing).status).toBe(200);
    expect(await count(user)).toBe(MANY + 1 + made);
    expect(await count(other)).toBe(made);
    expect((await list(user))[0]).toMatchObject({ country: `Country ${made}`, version: made + 1 });
  });

  it('should let no read wait, and a write on SQLite 5 seconds at most', async () => {
    const [user, other] = [await newAccount(app.url), await newAccount(app.url)];
    const { Database } = await product.database();
    const { ImportService } = await product.imports();
    const { id } = (await app.app
      .get(Database)
      .get<{ id: number }>('SELECT id FROM users WHERE public_id = $1', [user.publicId]))!;
    const events = new EventEmitter();
    const isStored = once(events, 'stored');
    const options = { format: 'ndjson', onConflict: 'error', onError: 'abort' } as const;
    const content = Readable.from([Buffer.from(file(many(10)))]);
    const importing = app.app.get(ImportService).run(id, options, content, {
      keep: async () => {
        events.emit('stored');
        await once(events, 'end');
      },
    });
    await isStored;
    const written = post(other, record(1));
    const asked = performance.now();
    expect([await count(user), await list(user)]).toEqual([0, []]);
    expect(performance.now() - asked).toBeLessThan(2000);
    const { status, headers } = await written;
    expect([status, headers.get('retry-after')]).toEqual(
      kind === 'sqlite' ? [503, '1'] : [201, null],
    );
    events.emit('end');
    expect(await importing).toMatchObject({ created: 10 });
    expect((await post(other, record(2))).status).toBe(201);
    expect(await count(user)).toBe(10);
  }, 20_000);

  it('should store one after the other when an owner sends two', async () => {
    const user = await newAccount(app.url);
    const [first, second] = await Promise.all([
      upload(user, many(4_000)),
      upload(user, many(4_000, 2_000), '?on_conflict=skip'),
    ]);
    // The second import finds the records of the first.
    if (first.status === 200) {
      expect(second.body).toMatchObject({ created: 2_000, skipped: 2_000 });
      expect(await count(user)).toBe(6_000);
    } else {
      expect(first.body).toMatchObject({ status: 422, error_count: 2_000 });
      expect(second.body).toMatchObject({ created: 4_000, skipped: 0 });
      expect(await count(user)).toBe(4_000);
    }
  });

  it('should find lines with the same record', async () => {
    const user = await newAccount(app.url);
    const lines = [...many(5_000), record(4_000, { country: 'Wales' }), ...many(10, 5_000)];
    const refused = await upload(user, lines);
    expect(refused.body).toMatchObject({ status: 422, error_count: 1, errors: [{ line: 5_001 }] });
    expect(await list(user)).toEqual([]);

    const skipped = await upload(user, lines, '?on_conflict=skip');
    expect(skipped.body).toMatchObject({ created: 5_010, skipped: 1, updated: 0 });
    expect(await list(user, '&name=Name+4000')).toMatchObject([{ country: 'Ireland', version: 1 }]);

    const other = await newAccount(app.url);
    const updated = await upload(other, lines, '?on_conflict=update');
    expect(updated.body).toMatchObject({ created: 5_010, skipped: 0, updated: 1 });
    expect(await list(other, '&name=Name+4000')).toMatchObject([{ country: 'Wales', version: 2 }]);
    expect((await list(other)).map(({ name }) => name)).toEqual(
      Array.from({ length: 500 }, (_, index) => `Name ${index}`),
    );
  });

  it('should update every field of existing records', async () => {
    const user = await newAccount(app.url);
    await upload(user, many(3_000));
    const changes = [
      {},
      { country: 'Wales' },
      { name: (index: number) => `NAME ${index}` },
      { booker_prize: true },
      { name: (index: number) => `nAME ${index}`, country: 'Chad', booker_prize: true },
    ];
    const changed = (index: number): object => {
      const { name, ...rest } = changes[index % changes.length];
      return record(index, { ...rest, ...(name && { name: name(index) }) });
    };
    const lines = Array.from({ length: 4_000 }, (_, index) => changed(1_500 + index));
    // One of these is there, and comes twice; the other is new, and comes twice.
    const twice = [record(2_000, { country: 'Peru' }), record(5_000, { country: 'Peru' })];
    const { body } = await upload(user, [...lines, ...twice], '?on_conflict=update');
    expect(body).toMatchObject({ created: 2_500, updated: 1_502, skipped: 0, error_count: 0 });

    const { body: rows } = await call(app.url, 'GET', '/authors/export?format=json', {
      token: user.token,
    });
    const expected = Array.from({ length: 5_500 }, (_, index) => ({
      ...(index < 1_500 ? record(index) : changed(index)),
      version: index >= 1_500 && index < 3_000 ? 2 : 1,
    }));
    expected[2_000] = { ...twice[0], version: 3 };
    expected[5_000] = { ...twice[1], version: 2 };
    const byBook = new Map(rows.map((row: { book: string }) => [row.book, row]));
    expect(byBook.size).toBe(5_500);
    expect(expected.map((_, index) => byBook.get(`Book ${index}`))).toMatchObject(expected);
    expect(await list(user, '&q=chad+1504')).toMatchObject([{ name: 'nAME 1504' }]);
    expect(await list(user, '&q=ireland+1504')).toEqual([]);
    expect(await list(user, '&country=Chad&name=nAME+1504')).toHaveLength(1);
  });

  it('should leave nothing when its account is deleted meanwhile', async () => {
    const user = await newAccount(app.url);
    const importing = upload(user, many(MANY));
    const deleted = await call(app.url, 'DELETE', '/users/me', {
      token: user.token,
      json: { password: PASSWORD },
    });
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect([200, 503]).toContain((await importing).status);
    const { Database } = await product.database();
    const orphans = 'SELECT id FROM authors WHERE owner_id NOT IN (SELECT id FROM users)';
    expect(await app.app.get(Database).all(orphans)).toEqual([]);
  });
});
