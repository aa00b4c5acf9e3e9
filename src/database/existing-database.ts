import { existsSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { dialectOf, sqlitePath } from './data-source.js';
import { DatabaseStartError, withoutSecrets } from './database-errors.js';
import { pendingMigrations } from './migrate.js';

/** Throws DatabaseStartError if the URL names a SQLite file that does not exist; opening would create it. */
export function refuseMissingFile(url: string): void {
  if (dialectOf(url) === 'sqlite' && !existsSync(sqlitePath(url))) {
    throw noDatabase(url);
  }
}

/**
 * Throws DatabaseStartError if the database is empty, lacks a migration or has an unknown one. Changes nothing.
 */
export async function refuseUnlessMigrated(dataSource: DataSource, url: string): Promise<[]> {
  // TypeORM creates the table when it reads the executed migrations.
  const runner = dataSource.createQueryRunner();
  const isOurs = await runner.hasTable('migrations');
  await runner.release();
  if (!isOurs) {
    throw noDatabase(url);
  }
  const pending = await pendingMigrations(dataSource);
  if (pending.length > 0) {
    throw new DatabaseStartError(
      `the database ${withoutSecrets(url)} is not up to date (missing migrations: ${pending.length}): ` +
        'run the command migrate first, or start the new server',
    );
  }
  return [];
}

function noDatabase(url: string): DatabaseStartError {
  const advice = 'check DATA_DIR and DATABASE_URL; the server and the command migrate create one';
  const message = `there is no database ${withoutSecrets(url)}: ${advice}`;
  return new DatabaseStartError(message, undefined, 'no_database');
}
