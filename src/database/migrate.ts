import { MigrationExecutor } from 'typeorm';
import type { DataSource, Migration, QueryRunner } from 'typeorm';
import type SQLite from 'better-sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseStartError, isBusy } from './database-errors.js';

/** How long a process waits while another one migrates. */
const LOCK_WAIT_MS = 60_000;
const LOCK_RETRY_MS = 50;
/** The advisory lock of PostgreSQL that stands for "library-api migrates"; any constant would do. */
const LOCK_KEY = 7_110_421_190;

/**
 * Brings the schema up to date, all pending migrations in one transaction: a failing one leaves everything as it was.
 * Several processes may call it at once; one migrates, the others wait up to a minute and find nothing to do.
 * Throws DatabaseStartError where a migration fails or the schema is newer than this program.
 */
export async function migrate(dataSource: DataSource): Promise<Migration[]> {
  if ((await pendingMigrations(dataSource)).length === 0) {
    return [];
  }
  return dataSource.options.type === 'postgres'
    ? migratePostgres(dataSource)
    : migrateSqlite(dataSource);
}

/** The migrations that this database lacks. Throws where it has some that this program does not know. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const executed = await new MigrationExecutor(dataSource).getExecutedMigrations();
  return comparePending(
    migrationNames(dataSource),
    executed.map(migration => migration.name),
  );
}

/** The migrations that this program knows. */
export function migrationNames({ migrations }: DataSource): string[] {
  return migrations.map(migration => migration.name ?? migration.constructor.name);
}

function comparePending(known: readonly string[], executed: readonly string[]): string[] {
  const unknown = executed.find(name => !known.includes(name));
  if (unknown !== undefined) {
    throw new DatabaseStartError(
      `the database is newer than this program (it has the migration ${unknown}): use the newer program`,
    );
  }
  return known.filter(name => !executed.includes(name));
}

async function migrateSqlite(dataSource: DataSource): Promise<Migration[]> {
  const runner = dataSource.createQueryRunner();
  const db = (await runner.connect()) as SQLite.Database;
  // A table can be rebuilt only while its references are not enforced; they are checked before the commit.
  db.pragma('foreign_keys = OFF');
  // Waiting for the lock inside SQLite would stop whoever in this process holds it.
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
    await runner.query(`SET lock_timeout = ${LOCK_WAIT_MS}`);
    await runner.query('SET statement_timeout = 0');
    await runner.query(`SELECT pg_advisory_lock(${LOCK_KEY})`);
    await runner.query('RESET lock_timeout');
    await runner.query('BEGIN');
    const done = await execute(dataSource, runner);
    await runner.query('COMMIT');
    return done;
  } catch (error) {
    await runner.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
    // The session ends with its lock and its settings, whatever state it is in.
    await runner.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await runner.query('RESET ALL').catch(() => undefined);
    await runner.release();
  }
}

async function execute(dataSource: DataSource, runner: QueryRunner): Promise<Migration[]> {
  // TypeORM joins the transaction that the lock belongs to.
  Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
  const executor = new MigrationExecutor(dataSource, runner);
  try {
    return await executor.executePendingMigrations();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseStartError(
      `a migration failed, nothing was changed: ${oneLine(reason)}`,
      error,
    );
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
