import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { migrations } from '../../src/database/migrations/index.js';
import { freshDatabase, testDialects } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';

describe.each(testDialects())('the schema on %s', dialect => {
  let fresh: FreshDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    fresh = await freshDatabase(dialect);
    dataSource = await createDataSource(fresh).initialize();
    await migrate(dataSource);
  });

  afterEach(async () => {
    await dataSource.destroy();
    await fresh.remove();
  });

  /** Without those that SQLite keeps for an index of words. */
  const tables = async () => {
    const rows: { name: string; strict?: number }[] = await dataSource.query(
      dialect === 'sqlite'
        ? "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        : 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()',
    );
    return rows.filter(({ name }) => name !== 'migrations');
  };

  it('is after all migrations what the entities say', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();

    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('has no table without an entity', async () => {
    const known = dataSource.entityMetadatas.map(({ tableName }) => tableName);

    expect((await tables()).map(({ name }) => name).sort()).toEqual(known.sort());
  });

  it('names the type of every column, one that both databases have', () => {
    const types = dataSource.entityMetadatas.flatMap(({ columns }) =>
      columns.map(({ type }) => type),
    );

    expect(types.filter(type => !['bigint', 'text', 'boolean'].includes(String(type)))).toEqual([]);
  });

  it('goes all the way back', async () => {
    for (const _ of migrations) {
      await dataSource.undoLastMigration();
    }

    expect(await tables()).toEqual([]);
  });

  it.runIf(dialect === 'sqlite')('refuses a value of the wrong type in every table', async () => {
    const lax = (await tables()).filter(({ strict }) => strict !== 1);

    expect(lax.map(({ name }) => name)).toEqual([]);
  });

  it.runIf(dialect === 'postgres')('orders every text by its bytes, as SQLite does', async () => {
    const others: unknown[] = await dataSource.query(
      `SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name <> 'migrations'
          AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`,
    );

    expect(others).toEqual([]);
  });
});

describe('the migrations', () => {
  it('are listed oldest first, each under a unique name', () => {
    const names = migrations.map(migration => new migration().name ?? migration.name);
    const stamps = names.map(name => name.slice(-13));

    expect(stamps).toEqual([...new Set(stamps)].sort());
  });

  it('never change on SQLite what a commit would have to check for all units that share it', () => {
    const listed = readFileSync('src/database/migrations/index.ts', 'utf8');
    const files = [...listed.matchAll(/from '\.\/(.*)\.js'/g)].map(([, name]) => name);
    const deferring = files.filter(name =>
      /DEFERRABLE/i.test(readFileSync(`src/database/migrations/${name}.ts`, 'utf8')),
    );

    expect(deferring).toEqual([]);
  });
});
