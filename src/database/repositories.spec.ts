import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import type { QueryRunner, Repository } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INSERT, LedgerEntry, ledgerKinds, openLedger } from '../../test/support/ledger.js';
import type { OpenLedger } from '../../test/support/ledger.js';
import { DatabaseUseError } from './database-errors.js';
import { DatabaseModule } from './database.module.js';
import type { Database } from './database.js';

@Module({})
class LedgerModule {
  static on(database: Database) {
    const imports = [DatabaseModule.forRoot(database), TypeOrmModule.forFeature([LedgerEntry])];
    return { module: LedgerModule, imports };
  }
}

describe.each(ledgerKinds())('an injected repository on %s', kind => {
  let ledger: OpenLedger;
  let database: Database;
  let entries: Repository<LedgerEntry>;
  let closeApp: () => Promise<void>;

  beforeEach(async () => {
    ledger = await openLedger(kind);
    database = ledger.database;
    const app = await NestFactory.createApplicationContext(LedgerModule.on(database), {
      logger: false,
    });
    entries = app.get(getRepositoryToken(LedgerEntry));
    closeApp = () => app.close();
  });

  afterEach(() => ledger.close());

  const insert = (note: string) => entries.insert({ account: 1, note });

  it('takes part in the unit of work that it is used in', async () => {
    await database.write(async tx => {
      await tx.run(INSERT, [1, 'a']);
      await insert('b');
      await entries.save(entries.create({ account: 1, note: 'c' }));
      await entries.update({ note: 'a' }, { checked: true });
      expect(await entries.countBy({ account: 1 })).toBe(3);
      expect(await ledger.notes()).toEqual(['a', 'b', 'c']);
    });

    const [entry] = await entries.find({ order: { id: 'ASC' } });
    expect(entry).toEqual({ id: 1, account: 1, note: 'a', checked: true });
  });

  it('is undone with its unit, and shows others nothing before the commit', async () => {
    const unit = database.write(async () => {
      await insert('a');
      await sleep(30);
      throw new Error('aborted');
    });
    const refused = expect(unit).rejects.toThrow('aborted');
    await sleep(5);
    expect(await entries.find()).toEqual([]);
    await refused;

    expect(await entries.find()).toEqual([]);
  });

  it('belongs to the inner of two units', async () => {
    await database.write(async () => {
      await insert('outer');
      const inner = database.write(async () => {
        await insert('inner');
        throw new Error('aborted');
      });
      await expect(inner).rejects.toThrow('aborted');
    });

    expect(await ledger.notes()).toEqual(['outer']);
  });

  it('waits for a unit inside its own that is open', async () => {
    await database.write(async () => {
      const failing = database
        .write(async () => {
          await insert('inner');
          await sleep(2);
          throw new Error('aborted');
        })
        .catch(() => undefined);
      await Promise.all([failing, insert('outer')]);
    });

    expect(await ledger.notes()).toEqual(['outer']);
  });

  it('does not mix units that overlap', async () => {
    const acknowledged: string[] = [];
    await Promise.allSettled(
      Array.from({ length: 100 }, async (_, index) => {
        await database.write(async () => {
          await insert(`n${index}`);
          await sleep(index % 3);
          if (index % 5 === 0) {
            throw new Error('aborted');
          }
        });
        acknowledged.push(`n${index}`);
      }),
    );

    expect(acknowledged).toHaveLength(80);
    expect(await ledger.notes()).toEqual(acknowledged.sort());
  });

  it('is refused when it writes outside a unit', async () => {
    await database.run(INSERT, [1, 'a']);
    const entry = await entries.findOneByOrFail({ note: 'a' });
    const writes: (() => Promise<unknown>)[] = [
      () => insert('b'),
      () => entries.save({ account: 1, note: 'b' }),
      () => entries.save({ ...entry, account: 2 }),
      () => entries.remove(entry),
      () => entries.update({ note: 'a' }, { account: 2 }),
      () => entries.increment({ note: 'a' }, 'account', 1),
      () => entries.delete({ note: 'a' }),
      () => entries.clear(),
      () => entries.manager.transaction(inner => inner.query('SELECT 1')),
    ];
    for (const write of writes) {
      await expect(write()).rejects.toThrow(DatabaseUseError);
    }

    expect(await entries.find()).toEqual([entry]);
  });

  it.each([
    'WITH gone AS (DELETE FROM ledger RETURNING *) SELECT * FROM gone',
    'WITH one AS (SELECT 1) DELETE FROM ledger',
    'EXPLAIN ANALYZE DELETE FROM ledger',
    'SELECT 1; DELETE FROM ledger',
    "SELECT ';' AS a; DELETE FROM ledger",
    'SELECT note INTO copied FROM ledger',
    'SELECT note FROM ledger FOR UPDATE',
    'SELECT note FROM ledger FOR /* a lock */ NO KEY UPDATE',
    'SELECT note FROM ledger FOR KEY SHARE',
    'PRAGMA user_version = 7',
    'BEGIN',
  ])('lets nothing but a SELECT pass outside a unit: %s', async sql => {
    await database.run(INSERT, [1, 'a']);
    await expect(entries.query(sql)).rejects.toThrow(DatabaseUseError);

    expect(await ledger.notes()).toEqual(['a']);
  });

  it('reads by any SELECT outside a unit', async () => {
    await database.run(INSERT, [1, '; FOR UPDATE']);

    expect(await entries.query("SELECT note FROM ledger WHERE note = '; FOR UPDATE'")).toEqual([
      { note: '; FOR UPDATE' },
    ]);
    expect(await entries.existsBy({ note: '; FOR UPDATE', checked: false })).toBe(true);
    expect(await entries.findAndCount({ take: 1, skip: 0, order: { id: 'DESC' } })).toEqual([
      [{ id: 1, account: 1, note: '; FOR UPDATE', checked: false }],
      1,
    ]);
  });

  it('is refused when it comes after the end of its unit', async () => {
    let late: Promise<unknown> = Promise.resolve();
    let kept: QueryRunner | undefined;
    await database.write(async () => {
      await insert('a');
      kept = database.dataSource.createQueryRunner();
      late = sleep(5).then(() => insert('stray'));
      late.catch(() => undefined);
    });
    const next = database.write(async () => {
      await insert('next');
      await sleep(15);
      throw new Error('aborted');
    });

    await expect(late).rejects.toThrow(DatabaseUseError);
    await expect(kept?.query('SELECT 1')).rejects.toThrow('has ended');
    await expect(next).rejects.toThrow('aborted');
    expect(await ledger.notes()).toEqual(['a']);
  });

  it('opens no transaction or connection inside a unit', async () => {
    const { dataSource } = database;
    for (const escape of [
      () => dataSource.transaction(() => Promise.resolve()),
      () => dataSource.createQueryRunner().connect(),
    ]) {
      await expect(database.write(escape)).rejects.toThrow('use database.write()');
    }
  });

  it.runIf(kind === 'postgres')('locks a row for its unit', async () => {
    await database.run(INSERT, [1, 'a']);
    const lock = () =>
      entries.findOneOrFail({ where: { note: 'a' }, lock: { mode: 'pessimistic_write' } });
    await expect(lock()).rejects.toThrow('transaction');
    await Promise.all(
      Array.from({ length: 5 }, () =>
        database.write(async () => {
          const { account } = await lock();
          await entries.update({ note: 'a' }, { account: account + 1 });
        }),
      ),
    );

    expect(await entries.findOneBy({ note: 'a' })).toMatchObject({ account: 6 });
  });

  it('lets a unit finish when Nest closes the DataSource, once', async () => {
    let unit: Promise<unknown> = Promise.resolve();
    await new Promise<void>(started => {
      unit = database.write(async () => {
        started();
        await sleep(20);
        await insert('a');
        return entries.count();
      });
    });
    await Promise.all([closeApp(), database.close()]);
    expect(await unit).toBe(1);
    await database.close();

    expect(database.dataSource.isInitialized).toBe(false);
  });
});
