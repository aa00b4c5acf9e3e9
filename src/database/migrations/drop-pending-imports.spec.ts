import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, testDialects } from '../../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../../test/support/fresh-database.js';
import { Database } from '../database.js';
import { migrations } from './index.js';
import { DropPendingImports1700000000800 } from './1700000000800-drop-pending-imports.js';

const BEFORE = migrations.slice(0, migrations.indexOf(DropPendingImports1700000000800));

describe.each(testDialects())('the migration that drops hidden imports, on %s', dialect => {
  let fresh: FreshDatabase;

  beforeEach(async () => {
    fresh = await freshDatabase(dialect);
  });
  afterEach(() => fresh.remove());

  it('deletes the records of unfinished imports and no others', async () => {
    const old = await Database.open(fresh, undefined, { entities: [], migrations: BEFORE });
    for (const owner of [1, 2]) {
      await old.run(
        `INSERT INTO users (public_id, name, name_key, password_hash, tokens_valid_from, failed_logins, created_at, updated_at)
         VALUES ($1, $1, $1, 'h', 0, 0, 0, 0)`,
        [`user ${owner}`],
      );
    }
    for (let id = 1; id <= 6; id += 1) {
      await old.run(
        `INSERT INTO authors (owner_id, name, book, country, booker_prize, name_key, book_key, words, version, created_at, updated_at)
         VALUES ($1, 'n', $2, 'c', $3, 'n', $2, '', 1, 0, 0)`,
        [id === 4 ? 2 : 1, `${id}`, false],
      );
    }
    await old.run(
      `INSERT INTO pending_imports (owner_id, first_id, last_id, holder, held_until) VALUES (1, 3, 5, 'h', 0)`,
    );
    await old.close();

    const database = await Database.open(fresh);
    expect(await database.all('SELECT book FROM authors ORDER BY id')).toEqual(
      ['1', '2', '4', '6'].map(book => ({ book })),
    );
    await expect(database.all('SELECT 1 FROM pending_imports')).rejects.toThrow('pending_imports');
    await database.close();
  });
});
