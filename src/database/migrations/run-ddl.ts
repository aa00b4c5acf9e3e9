import type { QueryRunner } from 'typeorm';
import type { Dialect } from '../database.types.js';

/** Runs the statements, separated by `;` at a line's end, that make the same schema on each database. */
export async function runDdl(
  queryRunner: QueryRunner,
  ddl: Readonly<Record<Dialect, string>>,
): Promise<void> {
  const { type } = queryRunner.connection.options;
  const text = ddl[type === 'postgres' ? 'postgres' : 'sqlite'];
  for (const statement of text.split(/;\s*\n/)) {
    await queryRunner.query(statement.trim().replace(/;$/, ''));
  }
}
