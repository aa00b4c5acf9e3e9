import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, testDialects } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { product } from '../support/app.js';
import type { Database } from '../../src/database/database.js';
import { ownedTables } from '../../src/database/owned-tables.js';
import { RemovedAccounts } from '../../src/users/removed-accounts.js';
import type { User } from '../../src/users/user.entity.js';
import { UsersRepository } from '../../src/users/users.repository.js';

const RECORDS = 3_000;

describe.each(testDialects())('removed accounts on %s', dialect => {
  let fresh: FreshDatabase;
  let database: Database;
  let users: UsersRepository;
  let ids: number[];

  beforeEach(async () => {
    fresh = await freshDatabase(dialect);
    const { Database: Built } = await product.database();
    database = await Built.open(fresh);
    users = new UsersRepository(database.dataSource.getRepository<User>('User'), database);
    ids = [await addUser('a'), await addUser('b')];
  });

  afterEach(async () => {
    await database.close();
    await fresh.remove();
  });

  async function addUser(name: string): Promise<number> {
    const user = { publicId: name, name, nameKey: name, passwordHash: 'x', admin: false };
    return database.write(async tx => {
      const { id } = (await users.insert(tx, user, 1))!;
      await tx.run(
        `INSERT INTO authors (owner_id, name, book, country, name_key, book_key, name_sort,
           book_sort, country_sort, words, version, created_at, updated_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
         SELECT CAST($1 AS bigint), 'n', 'b' || i, 'c', 'n', 'b' || i, 'n', 'b' || i, 'c', 'w', 1, 1, 1 FROM n`,
        [id, RECORDS],
      );
      return id;
    });
  }

  const countOf = async (id: number): Promise<number> =>
    Number(
      (await database.get<{ n: number }>('SELECT count(*) AS n FROM authors WHERE owner_id = $1', [
        id,
      ]))!.n,
    );

  it('are emptied by two processes at once, and others keep their rows', async () => {
    await database.write(() => users.markRemoved(ids[0], 2));
    await Promise.all([1, 2].map(() => new RemovedAccounts(users, database).sweep()));

    expect(await countOf(ids[0])).toBe(0);
    expect(await countOf(ids[1])).toBe(RECORDS);
    expect(await database.all('SELECT id FROM users')).toEqual([{ id: ids[1] }]);
  });

  it('keep their rows until the sweep, which may come after a crash', async () => {
    await database.write(() => users.markRemoved(ids[0], 2));
    expect(await users.findRemoved()).toEqual([ids[0]]);
    expect(await users.findPage(0, 10)).toMatchObject([{ id: ids[1] }]);
    expect(await users.findByNameKey('a')).toBeNull();
    expect(await addUser('a')).toBeGreaterThan(ids[1]);
    await new RemovedAccounts(users, database).sweep();
    expect(await users.findRemoved()).toEqual([]);
  });

  it('are emptied in every table that refers to users', () => {
    const names = ownedTables(database.dataSource, 'users').map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['authors', 'sessions', 'idempotency_keys']));
  });
});
