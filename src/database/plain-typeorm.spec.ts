import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../test/support/fresh-database.js';
import { LedgerEntry, ledgerSchema } from '../../test/support/ledger.js';
import { createDataSource } from './data-source.js';

/**
 * Why the product has a separate writer: what TypeORM 1.1.1 does by itself on better-sqlite3, where all
 * transactions share one connection and one depth counter. Each case asserts the defect, and goes through
 * `Database` without it in transactions.spec.ts. When one of these fails, TypeORM has changed: look again.
 */
describe('plain TypeORM on SQLite', () => {
  let fresh: FreshDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    fresh = await freshDatabase('sqlite');
    dataSource = await createDataSource(fresh, ledgerSchema).initialize();
    await dataSource.runMigrations();
  });

  afterEach(async () => {
    await dataSource.destroy();
    await fresh.remove();
  });

  const insert = (manager: EntityManager, note: string) =>
    manager.insert(LedgerEntry, { account: 1, note });

  const stored = async () => {
    const entries = await dataSource.manager.find(LedgerEntry, { order: { note: 'ASC' } });
    return entries.map(({ note }) => note);
  };

  const abort = () => Promise.reject(new Error('aborted'));

  it('T1: refuses both of two transactions of one tick and keeps rows of one', async () => {
    const results = await Promise.allSettled(
      ['a', 'b'].map(name =>
        dataSource.transaction(async manager => {
          await insert(manager, `${name}1`);
          await sleep(5);
          await insert(manager, `${name}2`);
        }),
      ),
    );

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await stored()).not.toEqual([]);
  });

  it('T2: loses an acknowledged transaction when one that began before it aborts', async () => {
    const first = dataSource.transaction(async manager => {
      await insert(manager, 'a');
      await sleep(30);
      await abort();
    });
    await sleep(5);
    await dataSource.transaction(manager => insert(manager, 'b'));
    await expect(first).rejects.toThrow('aborted');

    expect(await stored()).toEqual([]);
  });

  it('T3: shows an uncommitted row, and loses a plain insert with it', async () => {
    const first = dataSource.transaction(async manager => {
      await insert(manager, 'a');
      await sleep(30);
      await abort();
    });
    await sleep(5);
    await insert(dataSource.manager, 'b');
    expect(await stored()).toEqual(['a', 'b']);
    await expect(first).rejects.toThrow('aborted');

    expect(await stored()).toEqual([]);
  });

  it('T4: loses an acknowledged transaction when one that began after it aborts', async () => {
    const first = dataSource.transaction(async manager => {
      await insert(manager, 'a');
      await sleep(15);
    });
    await sleep(5);
    const second = dataSource.transaction(async manager => {
      await insert(manager, 'b');
      await sleep(30);
      await abort();
    });
    await first;
    await expect(second).rejects.toThrow();

    expect(await stored()).toEqual([]);
  });

  it('T5: stores parallel save() calls, which is why unit tests do not see the rest', async () => {
    const entries = Array.from({ length: 50 }, (_, index) => ({ account: 1, note: `n${index}` }));
    await Promise.all(entries.map(entry => dataSource.manager.save(LedgerEntry, entry)));

    expect(await stored()).toHaveLength(50);
  });

  it('T6: loses many of 200 overlapping transactions', async () => {
    const acknowledged: string[] = [];
    await Promise.allSettled(
      Array.from({ length: 200 }, async (_, index) => {
        await sleep(index % 10);
        await dataSource.transaction(async manager => {
          await insert(manager, `n${index}`);
          await sleep((index * 7) % 10);
          if (index % 5 === 0) {
            await abort();
          }
        });
        acknowledged.push(`n${index}`);
      }),
    );

    const kept = new Set(await stored());
    expect(acknowledged.filter(note => !kept.has(note)).length).toBeGreaterThan(0);
  });
});
