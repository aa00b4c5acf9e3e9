import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What SQLite writes differently. */
const SQLITE: readonly (readonly [RegExp, string])[] = [
  [/bigint GENERATED .* PRIMARY KEY/g, 'INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL'],
  [/PRIMARY KEY,$/gm, 'PRIMARY KEY NOT NULL,'],
  [/PRIMARY KEY AUTOINCREMENT NOT NULL NOT NULL/g, 'PRIMARY KEY AUTOINCREMENT NOT NULL'],
  [
    /("\w+") boolean NOT NULL DEFAULT false/g,
    '$1 INTEGER NOT NULL DEFAULT (0) CHECK ($1 IN (0, 1))',
  ],
  [/DEFAULT (\d+|'[^']*')/g, 'DEFAULT ($1)'],
  [/\bbigint\b/g, 'INTEGER'],
  [/\btext COLLATE "C"/g, 'TEXT'],
  [/^(\s*\));/gm, '$1 STRICT;'],
];

export const isPostgres = (queryRunner: QueryRunner): boolean =>
  queryRunner.connection.options.type === 'postgres';

/**
 * Runs statements that make the same schema on both databases, separated by `;` at the end of a line. They are
 * written for PostgreSQL, with `bigint`, `boolean` and `text COLLATE "C"` columns; SQLite's form follows from them.
 */
export async function runDdl(queryRunner: QueryRunner, ddl: string): Promise<void> {
  const text = isPostgres(queryRunner)
    ? ddl
    : SQLITE.reduce((sql, [from, to]) => sql.replaceAll(from, to), ddl);
  for (const statement of text.split(/;\s*(?:\n|$)/)) {
    if (statement.trim() !== '') {
      await queryRunner.query(statement.trim());
    }
  }
}

/** A migration that creates the tables of `ddl`; see `runDdl`. */
export abstract class CreateTables implements MigrationInterface {
  protected abstract readonly ddl: string;

  async up(queryRunner: QueryRunner): Promise<void> {
    await runDdl(queryRunner, this.ddl);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [, table] of [...this.ddl.matchAll(/CREATE TABLE ("\w+")/g)].toReversed()) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
