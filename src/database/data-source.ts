import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import type SQLite from 'better-sqlite3';
import type * as Pg from 'pg';
import { AbstractLogger, DataSource } from 'typeorm';
import type { ColumnType, DataSourceOptions, Migration } from 'typeorm';
import { makeDirectory, protectFile } from '../config/directories.js';
import { DatabaseStartError } from './database-errors.js';
import type { Dialect } from './database.types.js';
import { entities } from './entities.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/index.js';
import { PostgresSessions } from './postgres-sessions.js';
import { Driver } from './sqlite-driver.js';

export interface DatabaseOptions {
  /** `sqlite:PATH`, `sqlite::memory:` or `postgres://…`. */
  readonly url: string;
  /** PostgreSQL: maximum number of connections of this process; default 10. */
  readonly pool?: number;
  /** PostgreSQL: a pooler stands between that gives each transaction another session; otherwise it is found out. */
  readonly pooler?: 'transaction';
  /** SQLite: what a commit waits for; the default FULL survives a power cut. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** Neither create nor migrate the database: throw if it is missing or not up to date. */
  readonly mustExist?: boolean;
}

/** The tables as the code knows them; tests have others. */
export interface Schema {
  readonly entities: typeof entities;
  readonly migrations: typeof migrations;
}

type SqliteOptions = Extract<DataSourceOptions, { type: 'better-sqlite3' }>;
type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** How long SQLite blocks the process while it opens the file; later waits do not block. */
const OPEN_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

class SilentLogger extends AbstractLogger {
  protected override writeLog(): void {}
}

/** A DataSource whose migrations may run in several processes at once. */
class MigratedDataSource extends DataSource {
  override async initialize(): Promise<this> {
    if (this.options.type === 'better-sqlite3' && this.options.database !== ':memory:') {
      prepareFile(this.options.database);
    }
    await super.initialize();
    if (this.options.type === 'postgres') {
      orderTextByBytes(this);
    }
    return this;
  }

  override runMigrations(): Promise<Migration[]> {
    return migrate(this);
  }
}

/**
 * The one DataSource of the product, the TypeORM command line and the tests, not yet connected.
 * Its schema comes from migrations only; `synchronize` is off.
 */
export function createDataSource(
  options: DatabaseOptions,
  schema: Schema = { entities, migrations },
): DataSource {
  const shared = { ...schema, synchronize: false, migrationsTransactionMode: 'all' } as const;
  const dataSource = new MigratedDataSource(
    dialectOf(options.url) === 'sqlite'
      ? { ...shared, ...sqliteOptions(options) }
      : { ...shared, ...postgresOptions(options) },
  );
  // Errors are logged by the caller; TypeORM's command line sets its logger later.
  dataSource.logger = new SilentLogger();
  if (dataSource.options.type === 'better-sqlite3') {
    useStrictTypes(dataSource);
  }
  return dataSource;
}

export function dialectOf(url: string): Dialect {
  if (/^postgres(ql)?:\/\//.test(url)) {
    return 'postgres';
  }
  if (/^sqlite:./.test(url)) {
    return 'sqlite';
  }
  throw new DatabaseStartError('the database URL must be sqlite:PATH or postgres://…');
}

/** The file of a SQLite URL, or `:memory:`. As in a shell, `~/` is the home directory. */
export function sqlitePath(url: string): string {
  return url.slice('sqlite:'.length).replace(/^~(?=\/)/, homedir);
}

function sqliteOptions({ url, synchronous = 'FULL' }: DatabaseOptions): SqliteOptions {
  const database = sqlitePath(url);
  refuseDirectory(database);
  return {
    type: 'better-sqlite3',
    driver: Driver,
    database,
    timeout: OPEN_TIMEOUT_MS,
    prepareDatabase: (db: SQLite.Database) => {
      db.pragma('journal_mode = WAL');
      // better-sqlite3 is built with NORMAL for WAL, which can lose the last commits in a power cut.
      db.pragma(`synchronous = ${synchronous}`);
      db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
      db.pragma('cell_size_check = ON');
    },
  };
}

/** Only the owner may read the database and what SQLite keeps next to it, which get the mode of the file. */
function prepareFile(file: string): void {
  const directory = path.dirname(file);
  try {
    makeDirectory(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      const reason = `its directory ${directory} cannot be created`;
      throw new DatabaseStartError(`the database ${file} cannot be opened: ${reason}`, error);
    }
    throw error;
  }
  protectFile(file);
  ['-wal', '-shm']
    .map(each => file + each)
    .filter(each => existsSync(each))
    .forEach(protectFile);
}

function refuseDirectory(file: string): void {
  let directory = false;
  try {
    directory = statSync(file).isDirectory();
  } catch {
    // A missing file is created later, and other faults are reported when it is opened.
  }
  if (directory) {
    throw new DatabaseStartError(`the database ${file} is a directory, not a file`);
  }
}

function postgresOptions({ url, pool = 10, pooler }: DatabaseOptions): PostgresOptions {
  const sessions = new PostgresSessions(pooler !== undefined);
  return {
    type: 'postgres',
    url,
    poolSize: pool,
    applicationName: 'library-api',
    installExtensions: false,
    extra: {
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      sessions,
      onConnect: sessions.onConnect,
      types: { getTypeParser: numbersForInt8() },
    },
  };
}

/** Reads int8 as a number: all our values are below 2^53. */
function numbersForInt8(): typeof Pg.types.getTypeParser {
  // Loaded late, because SQLite does not need it.
  const { types } = createRequire(import.meta.url)('pg') as typeof Pg;
  return ((oid: number, format?: 'text' | 'binary') =>
    oid === (types.builtins.INT8 as number)
      ? Number
      : types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser;
}

/** Makes PostgreSQL order text as SQLite does, whatever the server's language. */
function orderTextByBytes({ entityMetadatas }: DataSource): void {
  const columns = entityMetadatas.flatMap(entity => entity.columns);
  for (const column of columns.filter(({ type }) => type === 'text')) {
    column.collation ??= 'C';
  }
}

/** STRICT tables have only INTEGER and TEXT: keeps TypeORM from seeing a difference. */
function useStrictTypes({ driver }: DataSource): void {
  const normalize = driver.normalizeType.bind(driver);
  const integers = new Set<ColumnType | string | undefined>(['bigint', 'boolean']);
  driver.normalizeType = column => (integers.has(column.type) ? 'integer' : normalize(column));
}
