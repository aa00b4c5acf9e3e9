import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, testDialects } from '../../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../../test/support/fresh-database.js';
import { Database } from '../../database/database.js';
import { PendingImports } from './pending-imports.js';

const NOW = Date.UTC(2030, 0, 1);
/** More than go in one transaction. */
const ROWS = 450;

describe.each(testDialects())('PendingImports on %s', dialect => {
  let fresh: FreshDatabase;
  let database: Database;
  let other: Database;

  beforeEach(async () => {
    fresh = await freshDatabase(dialect);
    database = await Database.open({ url: fresh.url });
    other = await Database.open({ url: fresh.url });
  });
  afterEach(async () => {
    await database.close();
    await other.close();
    await fresh.remove();
  });

  /** A user with a record, and with records that an import has stored and not finished. */
  async function importing(name: string, heldUntil: number): Promise<number> {
    return database.write(async tx => {
      const user = await tx.get<{ id: number }>(
        `INSERT INTO users (public_id, name, name_key, password_hash, tokens_valid_from, failed_logins, created_at, updated_at)
         VALUES ($1, $1, $1, 'h', 0, 0, 0, 0) RETURNING id`,
        [name],
      );
      let first = 0;
      for (let row = 0; row <= ROWS; row += 1) {
        const { id } = (await tx.get<{ id: number }>(
          `INSERT INTO authors (owner_id, name, book, country, booker_prize, name_key, book_key, words, version, created_at, updated_at)
           VALUES ($1, 'n', $2, 'c', $3, 'n', $2, '', 1, 0, 0) RETURNING id`,
          [user!.id, `${row}`, false],
        ))!;
        first = row === 1 ? id : first;
      }
      await tx.run(
        `INSERT INTO pending_imports (owner_id, first_id, last_id, holder, held_until)
         VALUES ($1, $2, $3, $4, $5)`,
        [user!.id, first, first + 2 * ROWS, `import of ${name}`, heldUntil],
      );
      return user!.id;
    });
  }

  const left = (): Promise<{ owner: number; records: number }[]> =>
    database.all(
      'SELECT owner_id AS owner, CAST(count(*) AS int) AS records FROM authors GROUP BY owner_id ORDER BY owner_id',
    );
  const claims = async (): Promise<number[]> =>
    (await database.all<{ id: number }>('SELECT owner_id AS id FROM pending_imports')).map(
      ({ id }) => id,
    );

  it('should undo imports that are dead, and leave those that live', async () => {
    const alive = await importing('alive', NOW + 4_000);
    const dead = await importing('dead', NOW);
    expect(await new PendingImports(database).sweep(NOW)).toBe(4_000);
    expect(await left()).toEqual([
      { owner: alive, records: ROWS + 1 },
      { owner: dead, records: 1 },
    ]);
    expect(await claims()).toEqual([alive]);
  });

  it('should do so once where several processes find the same', async () => {
    const dead = await importing('dead', NOW);
    await Promise.all([database, other].map(each => new PendingImports(each).sweep(NOW)));
    await new PendingImports(database).sweep(NOW);
    expect(await left()).toEqual([{ owner: dead, records: 1 }]);
    expect(await claims()).toEqual([]);
  });

  it('should go on with what a process has left undone that was undoing it', async () => {
    const dead = await importing('dead', NOW);
    let writes = 0;
    const broken = {
      all: database.all.bind(database),
      run: database.run.bind(database),
      write: (work: Parameters<Database['write']>[0]) => {
        writes += 1;
        return writes > 1 ? Promise.reject(new Error('killed')) : database.write(work);
      },
    } as unknown as Database;
    await expect(new PendingImports(broken).sweep(NOW)).rejects.toThrow('killed');
    expect(await claims()).toEqual([dead]);
    await new PendingImports(database).sweep(Number.MAX_SAFE_INTEGER);
    expect(await left()).toEqual([{ owner: dead, records: 1 }]);
    expect(await claims()).toEqual([]);
  });

  it('should leave alone what its owner imports since another process has undone the first', async () => {
    const owner = await importing('dead', NOW);
    let isFirst = true;
    const slow = {
      all: database.all.bind(database),
      run: database.run.bind(database),
      write: async (work: Parameters<Database['write']>[0]) => {
        if (isFirst) {
          isFirst = false;
          await new PendingImports(other).sweep(Number.MAX_SAFE_INTEGER);
          await other.run(
            `INSERT INTO pending_imports (owner_id, first_id, last_id, holder, held_until)
             VALUES ($1, 1000, 2000, 'another import', $2)`,
            [owner, NOW],
          );
        }
        return database.write(work);
      },
    } as unknown as Database;
    await new PendingImports(slow).sweep(NOW);
    expect(await claims()).toEqual([owner]);
  });

  it('should undo what one run has left, and no other', async () => {
    const one = await importing('one', NOW + 1);
    const two = await importing('two', NOW + 1);
    const pending = new PendingImports(database);
    await pending.undo(one, 'import of one');
    await pending.undo(two, 'import of one');
    expect(await left()).toEqual([
      { owner: one, records: 1 },
      { owner: two, records: ROWS + 1 },
    ]);
    expect(await claims()).toEqual([two]);
  });
});
