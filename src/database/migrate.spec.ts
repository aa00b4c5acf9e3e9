import {
  closeSync,
  mkdirSync,
  openSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { freshDatabase, testDialects } from '../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../test/support/fresh-database.js';
import { INSERT, Ledger1600000000000, ledgerSchema } from '../../test/support/ledger.js';
import { createDataSource, sqlitePath } from './data-source.js';
import { Database } from './database.js';
import { DatabaseStartError } from './database-errors.js';
import { Driver } from './sqlite-driver.js';

class Addition1600000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE addition (id integer NOT NULL)');
    await queryRunner.query("INSERT INTO ledger (account, note) VALUES (1, 'migrated')");
  }

  async down(): Promise<void> {}
}

class Failing1600000000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('INSERT INTO missing\nVALUES (1)');
  }

  async down(): Promise<void> {}
}

const schema = (...migrations: (new () => MigrationInterface)[]) => ({ entities: [], migrations });

const startError = async (options: { url: string }, using = ledgerSchema): Promise<string> => {
  const error: unknown = await Database.open(options, undefined, using).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DatabaseStartError);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
};

describe.each(testDialects())('migrating %s', dialect => {
  let fresh: FreshDatabase;

  beforeEach(async () => {
    fresh = await freshDatabase(dialect);
  });

  afterEach(() => fresh.remove());

  it('leaves everything as it was when one of the migrations fails', async () => {
    const before = await Database.open(fresh, undefined, ledgerSchema);
    await before.run(INSERT, [1, 'kept']);
    await before.close();

    const broken = schema(Ledger1600000000000, Addition1600000000001, Failing1600000000002);
    expect(await startError(fresh, broken)).toMatch(
      /^a migration failed, nothing was changed: .*missing/,
    );

    const after = await Database.open(fresh, undefined, ledgerSchema);
    expect(await after.all('SELECT note FROM ledger')).toEqual([{ note: 'kept' }]);
    await expect(after.all('SELECT id FROM addition')).rejects.toThrow('addition');
    await after.close();
    const healed = schema(Ledger1600000000000, Addition1600000000001);
    const database = await Database.open(fresh, undefined, healed);
    await database.ping();
    await database.close();
  });

  it('refuses a schema that is newer than the program', async () => {
    const newer = schema(Ledger1600000000000, Addition1600000000001);
    await (await Database.open(fresh, undefined, newer)).close();

    expect(await startError(fresh)).toMatch(/newer than this program .*Addition1600000000001/);
  });

  it('runs each migration once when five programs start at the same moment', async () => {
    const databases = await Promise.all(
      Array.from({ length: 5 }, () =>
        Database.open(fresh, undefined, schema(Ledger1600000000000, Addition1600000000001)),
      ),
    );
    const [database] = databases;

    expect(await database.all('SELECT note FROM ledger')).toEqual([{ note: 'migrated' }]);
    expect(await database.get('SELECT count(*) AS n FROM migrations')).toEqual({ n: 2 });
    await Promise.all(databases.map(each => each.close()));
  });

  it("is what TypeORM's own command does", async () => {
    const dataSource = await createDataSource(fresh, ledgerSchema).initialize();
    const done = await dataSource.runMigrations();
    expect(done.map(({ name }) => name)).toEqual(['Ledger1600000000000']);
    expect(await dataSource.runMigrations()).toEqual([]);
    expect(await dataSource.showMigrations()).toBe(false);
    await dataSource.destroy();
  });

  it('is not ready while a migration is missing', async () => {
    const database = await Database.open(fresh, undefined, ledgerSchema);
    await database.run('DELETE FROM migrations');
    await expect(database.ping()).rejects.toMatchObject({ code: 'unavailable' });
    await database.close();
  });
});

describe('opening a SQLite file', () => {
  let fresh: FreshDatabase;
  let file: string;

  beforeEach(async () => {
    fresh = await freshDatabase('sqlite');
    file = sqlitePath(fresh.url);
  });

  afterEach(() => fresh.remove());

  it('refuses a directory', async () => {
    mkdirSync(file);

    expect(await startError(fresh)).toBe(`the database ${file} is a directory, not a file`);
  });

  it('refuses what is not a database, and leaves it as it is', async () => {
    writeFileSync(file, 'a letter to my aunt '.repeat(100));

    expect(await startError(fresh)).toMatch(/is not a SQLite database: .*restore a backup/);
    expect(statSync(file).size).toBe(2000);
  });

  it.each([
    ['the schema overwritten', (size: number) => overwrite(file, 100, Math.min(size, 4096))],
    ['half of the file missing', (size: number) => truncateSync(file, size / 2)],
  ])('refuses a damaged file: %s', async (_, damage) => {
    await (await Database.open(fresh, undefined, ledgerSchema)).close();
    damage(statSync(file).size);

    expect(await startError(fresh)).toMatch(/is damaged: restore a backup/);
  });

  it('refuses a path through a file', async () => {
    writeFileSync(file, '');

    expect(await startError({ url: `sqlite:${file}/library.db` })).toContain(
      'its path leads through a file',
    );
  });

  it('refuses an empty path instead of opening a database that goes away', async () => {
    expect(await startError({ url: 'sqlite:' })).toContain('sqlite:PATH');
  });

  it('waits for another process that migrates, without stopping this one', async () => {
    const other = new Driver(file);
    other.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
    const opening = Database.open(fresh, undefined, ledgerSchema);
    const started = performance.now();
    await sleep(300);
    other.exec('COMMIT');
    other.close();
    await (await opening).close();

    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('waits for, then names, another process that keeps it locked', async () => {
    const other = new Driver(file);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');

    expect(await startError(fresh)).toContain('is locked by another process');
    other.close();
  });
});

describe.skipIf(inject('postgresUrl') === undefined)('opening PostgreSQL', () => {
  it.each([
    ['no server listens', { host: '/nowhere' }, 'nothing listens there'],
    ['the database is missing', { pathname: '/absent' }, 'does not exist on that server'],
  ])(
    'says in one line, without the password, that %s',
    async (_, change: { host?: string; pathname?: string }, reason) => {
      const url = new URL(inject('postgresUrl') as string);
      url.password = 'hunter2';
      if (change.host !== undefined) {
        url.searchParams.set('host', change.host);
      }
      url.pathname = change.pathname ?? url.pathname;
      const message = await startError({ url: url.href });

      expect(message).toContain(reason);
      expect(message).not.toContain('hunter2');
    },
  );
});

function overwrite(file: string, from: number, to: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(to - from, 0xa5), 0, to - from, from);
  closeSync(descriptor);
}
