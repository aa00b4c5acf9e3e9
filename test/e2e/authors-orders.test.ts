import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account } from '../support/client.js';

/** Enough that lists are read in every way: along indexes, in slices, out of a few. */
const COUNT = 6_000;

const MEMBERS = ['name', 'book', 'country', 'booker_prize', 'created_at', 'id'] as const;
type Row = Record<(typeof MEMBERS)[number], string | number | boolean>;

/** Groups of all sizes: half, a tenth, a handful, one. */
const LINES = Array.from({ length: COUNT }, (_, index) => ({
  name: index % 10 === 3 ? 'Common' : `Author ${index % 400}`,
  book: `Volume ${index}`,
  country: index % 2 === 0 ? 'Ireland' : `Country ${(index * 7) % 90}`,
  // Half of the records, and none of those from Ireland: common filters that never meet.
  booker_prize: index % 2 === 1,
}));

const sorts = fc.constantFrom(...MEMBERS.flatMap(member => [member, `-${member}`]));
const filters = fc.record(
  {
    name: fc.constantFrom('Common', 'Author 7', 'Author 11', 'nobody'),
    country: fc.constantFrom('Ireland', 'Country 49', 'Atlantis'),
    booker_prize: fc.constantFrom('true', 'false'),
  },
  { requiredKeys: [] },
);
const queries = fc.record({
  sort: sorts,
  filter: filters,
  q: fc.option(
    fc.constantFrom('volume', 'vol 17', 'author 3', 'ireland 39', 'common', 'none at all'),
  ),
  limit: fc.constantFrom(7, 100, 500),
});

/** Orders in which the records of one import are neighbours. */
const PLAIN = ['id', '-id', 'created_at', '-created_at'].map((sort): [Query] => [
  { sort, filter: {}, q: null, limit: 500 },
]);

type Query = typeof queries extends fc.Arbitrary<infer T> ? T : never;

function expected(rows: readonly Row[], { sort, filter, q }: Query): Row[] {
  const words = q?.split(' ') ?? [];
  const kept = rows.filter(row => {
    const own = `${row.name} ${row.book} ${row.country}`.toLowerCase().split(' ');
    return (
      Object.entries(filter).every(
        ([member, value]) => String(row[member as keyof Row]) === value,
      ) && words.every(word => own.some(each => each.startsWith(word)))
    );
  });
  const member = sort.replace('-', '') as keyof Row;
  const sign = sort.startsWith('-') ? -1 : 1;
  const compare = (a: Row, b: Row): number =>
    a[member] === b[member] ? Number(a.id) - Number(b.id) : a[member] < b[member] ? -1 : 1;
  return kept.toSorted((a, b) => sign * compare(a, b));
}

describe.each(databases())('lists of many records on %s', kind => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  afterAll(() => app.close());

  async function bring({ token }: Account, lines: readonly object[]): Promise<void> {
    const { status, text } = await call(app.url, 'POST', '/authors/import', {
      token,
      body: lines.map(line => JSON.stringify(line)).join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect([status, text]).toEqual([200, expect.any(String)]);
  }

  async function exported({ token }: Account): Promise<Row[]> {
    return (await call(app.url, 'GET', '/authors/export?format=json', { token })).body;
  }

  async function check(user: Account, rows: readonly Row[], numRuns: number): Promise<void> {
    await fc.assert(
      fc.asyncProperty(queries, async query => {
        const { sort, filter, q, limit } = query;
        const parameters = { sort, limit: String(limit), fields: 'id', ...filter };
        const search = new URLSearchParams(q === null ? parameters : { ...parameters, q });
        const meant = expected(rows, query).map(({ id }) => id);
        let path: string | undefined = `/authors?${search}`;
        const found: number[] = [];
        // Long walks are cut: each place where pages meet is like the others.
        for (let page = 0; path !== undefined && page < 12; page += 1) {
          const { status, body, headers } = await call(app.url, 'GET', path, {
            token: user.token,
          });
          expect(status).toBe(200);
          found.push(...body.list_of_authors.map(({ id }: { id: number }) => id));
          path = /<(.*)>/.exec(headers.get('link') ?? '')?.[1];
        }
        expect(found).toEqual(path === undefined ? meant : meant.slice(0, found.length));
      }),
      { numRuns, examples: PLAIN },
    );
  }

  it('should have each matching record once and in order, for any query', async () => {
    const ada = await newAccount(app.url);
    for (const part of [0, 1, 2, 3]) {
      await bring(
        ada,
        LINES.filter((_, index) => index % 4 === part),
      );
    }
    const rows = await exported(ada);
    expect(rows).toHaveLength(COUNT);
    await check(ada, rows, 300);
  }, 120_000);
});
