import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTHORS } from '../../src/authors/author.members.js';
import { Database } from '../../src/database/database.js';
import type { Dialect, Param } from '../../src/database/database.types.js';
import { freshDatabase, testDialects } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';

interface Query {
  title: string;
  sql: string;
  params: Param[];
}

const { pagesOf, selectionsOf, staleFiles } = (await import(
  '../../scripts/queries.mjs' as string
)) as {
  pagesOf: (resource: typeof AUTHORS, dialect: Dialect) => Query[];
  selectionsOf: (resource: typeof AUTHORS, dialect: Dialect) => Query[];
  staleFiles: () => object[];
};

it('the committed statements are those of the code; `npm run queries` writes them', () => {
  expect(staleFiles()).toEqual([]);
});

describe.each(testDialects())('the plans of statements on %s', dialect => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeAll(async () => {
    fresh = await freshDatabase(dialect);
    database = await Database.open({ url: fresh.url });
    await fill();
  });
  afterAll(async () => {
    await database.close();
    await fresh.remove();
  });

  /** Two owners with 10,000 records each: enough that a scan and a sort would cost PostgreSQL more than an index. */
  async function fill(): Promise<void> {
    await database.write(async tx => {
      await tx.run(
        `INSERT INTO users (public_id, name, name_key, password_hash, admin, disabled, tokens_valid_from,
           failed_logins, created_at, updated_at)
         VALUES ('a', 'a', 'a', 'x', $1, $1, 0, 0, 0, 0), ('b', 'b', 'b', 'x', $1, $1, 0, 0, 0, 0)`,
        [false],
      );
      await tx.run(
        `INSERT INTO authors (owner_id, name, book, country, booker_prize, name_sort, book_sort,
           country_sort, name_key, book_key, words, version,
           created_at, updated_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         SELECT 1 + i % 2, 'Author ' || i % 500, 'Book ' || i, 'Country ' || i % 50, i % 3 = 0,
           'author ' || i % 500, 'book ' || i, 'country ' || i % 50, 'author ' || i % 500, 'book ' || i, '0000001common 0000001w' || i, 1, i, i FROM n`,
      );
      if (dialect === 'postgres') {
        // PostgreSQL gathers statistics by itself; the product's SQLite files have none.
        await tx.run('ANALYZE');
      }
    });
  }

  /** The steps of a plan as text. */
  async function plan({ sql, params }: Query): Promise<string> {
    const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN (COSTS OFF)';
    const rows = await database.write(tx => tx.all<object>(`${explain} ${sql}`, params));
    return rows.map(row => Object.values(row).at(-1) as string).join('\n');
  }

  /** What no plan may have: reading a whole table, and sorting. */
  const DEAR = /SCAN authors|Seq Scan|TEMP B-TREE|Sort/;

  it.each(pagesOf(AUTHORS, dialect))('read an index and sort nothing: $title', async query => {
    const steps = await plan(query);
    expect(steps).toMatch(/USING (COVERING )?INDEX authors_by_|Index (Only )?Scan/);
    expect(steps).not.toMatch(DEAR);
  });

  it.each(selectionsOf(AUTHORS, dialect).filter(({ title }) => /of a text/.test(title)))(
    'find a text by the index of its folded form: $title',
    async query => {
      expect(await plan(query)).toMatch(/authors_by_name/);
    },
  );

  it.each(selectionsOf(AUTHORS, dialect).filter(({ title }) => title.startsWith('delete')))(
    'find each record by its id: $title',
    async query => {
      const steps = await plan(query);
      expect(steps).toMatch(/SEARCH authors.*(rowid|AND id)=\?|Index Cond: .*id/);
      expect(steps).not.toMatch(DEAR);
    },
  );

  // PostgreSQL knows how many rows a range has, and sorts few.
  const walked = dialect === 'sqlite' ? '|export of a range' : '';
  it.each(
    selectionsOf(AUTHORS, dialect).filter(({ title }) =>
      new RegExp(`^(one filter|size of a (filter$|range)|slice|frequency${walked})`).test(title),
    ),
  )('read an index and sort nothing: $title', async query => {
    expect(await plan(query)).not.toMatch(DEAR);
  });
});
