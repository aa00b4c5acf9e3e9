import { MigrationExecutor } from 'typeorm';
import type { DataSource, Migration, QueryRunner } from 'typeorm';
import type SQLite from 'better-sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseStartError, isBusy } from './database-errors.js';

/** How long a process waits while another one migrates. */
const LOCK_WAIT_MS = 60_000;
const LOCK_RETRY_MS = 50;
/** How long a migration waits for a table that another transaction uses. */
const TABLE_WAIT_MS = 5_000;
/** PostgreSQL's advisory lock for migrations of library-api; the number is arbitrary. */
const LOCK_KEY = 7_110_421_190;

/**
 * Runs all pending migrations in one transaction, which is undone if one fails. If several processes call it at once,
 * one migrates and the others wait up to a minute.
 * Throws DatabaseStartError if a migration fails or the schema is newer than this program.
 */
export async function migrate(dataSource: DataSource): Promise<Migration[]> {
  if ((await pendingMigrations(dataSource)).length === 0) {
    return [];
  }
  return dataSource.options.type === 'postgres'
    ? migratePostgres(dataSource)
    : migrateSqlite(dataSource);
}

/** The migrations that this database lacks. Throws if it has one that this program does not know. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const migrations = await new MigrationExecutor(dataSource).getExecutedMigrations();
  const executed = migrations.map(({ name }) => name);
  const known = migrationNames(dataSource);
  const unknown = executed.find(name => !known.includes(name));
  if (unknown !== undefined) {
    throw new DatabaseStartError(
      `the database is newer than this program (it has the migration ${unknown}): use the newer program`,
    );
  }
  return known.filter(name => !executed.includes(name));
}

/** The migrations that this program knows. */
export function migrationNames({ migrations }: DataSource): string[] {
  return migrations.map(migration => migration.name ?? migration.constructor.name);
}

async function migrateSqlite(dataSource: DataSource): Promise<Migration[]> {
  const runner = dataSource.createQueryRunner();
  const db = (await runner.connect()) as SQLite.Database;
  // A migration can rebuild a table only while references are not enforced; we check them before the commit.
  db.pragma('foreign_keys = OFF');
  // Waiting for the lock inside SQLite would stop the event loop.
  db.pragma('busy_timeout = 0');
  try {
    await beginImmediate(db);
    const done = await execute(dataSource, runner);
    const broken = db.pragma('foreign_key_check') as { table: string }[];
    if (broken.length > 0) {
      throw new DatabaseStartError(`a migration broke the references of ${broken[0].table}`);
    }
    db.exec('COMMIT');
    return done;
  } catch (error) {
    if (db.inTransaction) {
      db.exec('ROLLBACK');
    }
    throw error;
  } finally {
    Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
    db.pragma('foreign_keys = ON');
  }
}

async function beginImmediate(db: SQLite.Database): Promise<void> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      db.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) {
        throw error;
      }
      await sleep(LOCK_RETRY_MS);
    }
  }
}

async function migratePostgres(dataSource: DataSource): Promise<Migration[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('BEGIN');
    await runner.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
    await runner.query('SET LOCAL statement_timeout = 0');
    // A lock of the transaction, because a pooler may end the session's at any time.
    await runner.query(`SELECT pg_advisory_xact_lock(${LOCK_KEY})`);
    await runner.query(`SET LOCAL lock_timeout = ${TABLE_WAIT_MS}`);
    const done = await execute(dataSource, runner);
    await runner.query('COMMIT');
    return done;
  } catch (error) {
    await runner.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
    await runner.release();
  }
}

async function execute(dataSource: DataSource, runner: QueryRunner): Promise<Migration[]> {
  // Makes TypeORM join the transaction that holds the lock.
  Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
  const executor = new MigrationExecutor(dataSource, runner);
  try {
    return await executor.executePendingMigrations();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseStartError(
      `a migration failed, nothing was changed: ${reason.replace(/\s+/g, ' ').trim()}`,
      error,
    );
  }
}
