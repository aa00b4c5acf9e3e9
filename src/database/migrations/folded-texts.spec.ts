import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, testDialects } from '../../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../../test/support/fresh-database.js';
import { AUTHORS } from '../../authors/author.members.js';
import { sortKey } from '../../text/fold.js';
import { Database } from '../database.js';
import { FoldedTexts1700000001400 } from './1700000001400-folded-texts.js';
import { migrations } from './index.js';

const BEFORE = migrations.slice(0, migrations.indexOf(FoldedTexts1700000001400));

/** Enough for several batches. */
const COUNT = 2_500;
const NAMES = [
  'Émile Zola',
  ' padded ',
  'Jo Nesbø',
  '村上春樹',
  'bell hooks',
  '\u{1f469}'.repeat(50),
];

describe.each(testDialects())('the migration that folds texts, on %s', dialect => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeEach(async () => {
    fresh = await freshDatabase(dialect);
    const old = await Database.open(fresh, undefined, { entities: [], migrations: BEFORE });
    await old.write(async tx => {
      for (const owner of ['a', 'b']) {
        await tx.run(
          `INSERT INTO users (public_id, name, name_key, password_hash, tokens_valid_from, failed_logins, created_at, updated_at)
           VALUES ($1, $1, $1, 'h', 0, 0, 0, 0)`,
          [owner],
        );
      }
      for (let index = 0; index <= COUNT; index += 1) {
        const name = NAMES[index % NAMES.length];
        await tx.run(
          `INSERT INTO authors (owner_id, name, book, country, booker_prize, name_key, book_key, words, version, created_at, updated_at)
           VALUES ($1, $2, $3, 'Éire', $4, $5, $3, '0000001old', 7, 8, 9)`,
          [1 + (index % 2), name, `book ${index}`, index % 3 === 0, name.toLowerCase()],
        );
      }
      await tx.run('DELETE FROM authors WHERE id > $1', [COUNT]);
    });
    await old.close();
    database = await Database.open(fresh);
  });
  afterEach(async () => {
    await database.close();
    await fresh.remove();
  });

  it('keeps every record, with its folded texts and words', async () => {
    const rows = await database.all<Record<string, string>>('SELECT * FROM authors ORDER BY id');
    expect(rows).toHaveLength(COUNT);
    rows.forEach((row, index) => {
      const name = NAMES[index % NAMES.length];
      const owner = 1 + (index % 2);
      expect({ ...row, booker_prize: Boolean(row.booker_prize) }).toEqual({
        id: index + 1,
        owner_id: owner,
        ...{ name, book: `book ${index}`, country: 'Éire', booker_prize: index % 3 === 0 },
        ...{ version: 7, created_at: 8, updated_at: 9 },
        name_sort: sortKey(name),
        book_sort: `book ${index}`,
        country_sort: 'eire',
        name_key: name.toLowerCase(),
        book_key: `book ${index}`,
        words: AUTHORS.words(owner, { name, book: `book ${index}`, country: 'Éire' }),
      });
    });
  });

  it('takes longer texts afterwards, finds them, and gives no id twice', async () => {
    const book = '\u{1f469}'.repeat(300);
    const insert = `INSERT INTO authors (owner_id, name, book, country, booker_prize, name_sort, book_sort, country_sort, name_key, book_key, words, version, created_at, updated_at)
      VALUES (1, 'n', $1, '', $2, 'n', $1, '', 'n', $1, '0000001late', 1, 0, 0) RETURNING id`;
    const [{ id }] = await database.write(tx => tx.all<{ id: number }>(insert, [book, false]));
    expect(id).toBeGreaterThan(COUNT + 1);
    const found = (word: string) =>
      database.all<{ id: number }>(
        dialect === 'sqlite'
          ? `SELECT rowid AS id FROM authors_search WHERE authors_search MATCH $1`
          : `SELECT id FROM authors WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST($1 AS tsquery)`,
        [word],
      );
    expect(await found('0000001late')).toEqual([{ id }]);
    expect(await found('0000001old')).toEqual([]);
    expect((await found('0000001nesbo')).length).toBeGreaterThan(100);
    await database.write(tx => tx.run('DELETE FROM users WHERE id = 1', []));
    expect(await found('0000001nesbo')).toEqual([]);
    const refused = database.write(tx => tx.all(insert, [`${book}x`, false]));
    await expect(refused).rejects.toThrow(/authors_book_length|constraint/i);
  });
});
