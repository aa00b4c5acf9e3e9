import { existsSync } from 'node:fs';
import pg from 'pg';
import { dialectOf, sqlitePath } from '../../database/data-source.js';
import { startError } from '../../database/database-errors.js';
import type { Dialect } from '../../database/database.types.js';
import { refuseMissingFile } from '../../database/existing-database.js';
import { Driver } from '../../database/sqlite-driver.js';

const TIMEOUT_MS = 10_000;

/** A database that is only read. */
export interface Source {
  dialect: Dialect;
  url: string;
  /** The process of the server that answers, and the one that it named at the start; only on PostgreSQL. */
  named?: number;
  all<T>(sql: string): Promise<T[]>;
  close(): Promise<void>;
}

/** Opens a database to read it; creates nothing. Throws DatabaseStartError, one line. */
export async function openSource(url: string): Promise<Source> {
  refuseMissingFile(url);
  try {
    return dialectOf(url) === 'sqlite' ? openSqlite(url) : await openPostgres(url);
  } catch (error) {
    throw startError(error, url);
  }
}

function openSqlite(url: string): Source {
  const file = sqlitePath(url);
  // A read-only connection to a database without a log would leave one behind.
  const readonly = existsSync(`${file}-wal`);
  const db = new Driver(file, { readonly, fileMustExist: true, timeout: TIMEOUT_MS });
  db.pragma('query_only = ON');
  return {
    dialect: 'sqlite',
    url,
    all: sql => Promise.resolve(db.prepare(sql).all() as never[]),
    close: () => Promise.resolve(void db.close()),
  };
}

async function openPostgres(url: string): Promise<Source> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'library-api doctor',
    connectionTimeoutMillis: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  await client.connect();
  // In one transaction, so that a pooler cannot give the statements to several servers.
  await client.query('BEGIN READ ONLY');
  return {
    dialect: 'postgres',
    url,
    named: (client as unknown as { processID: number }).processID,
    all: async sql => (await client.query(sql)).rows as never[],
    close: () => client.end(),
  };
}
