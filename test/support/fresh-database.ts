import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import type { Dialect } from '../../src/database/database.types.js';

/** An empty database for one test. */
export interface FreshDatabase {
  /** For DATABASE_URL. */
  readonly url: string;
  /** Deletes it, even with open connections. */
  remove(): Promise<void>;
}

/** The databases to test on: both, or SQLite alone where PostgreSQL was turned off. */
export function testDialects(): Dialect[] {
  return inject('postgresUrl') === undefined ? ['sqlite'] : ['sqlite', 'postgres'];
}

/** @param direct whether the address leads past the pooler that TEST_POOLER puts in front of PostgreSQL */
export function freshDatabase(dialect: Dialect, direct = false): Promise<FreshDatabase> {
  return dialect === 'sqlite' ? Promise.resolve(freshSqlite()) : freshPostgres(direct);
}

function freshSqlite(): FreshDatabase {
  const directory = mkdtempSync(path.join(tmpdir(), 'library-api-sqlite-'));
  return {
    url: `sqlite:${path.join(directory, 'library.db')}`,
    remove: () => Promise.resolve(rmSync(directory, { recursive: true, force: true })),
  };
}

async function freshPostgres(direct: boolean): Promise<FreshDatabase> {
  const server = inject('postgresUrl');
  if (server === undefined) {
    throw new Error('PostgreSQL was turned off by TEST_POSTGRES=off');
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL((direct ? undefined : inject('poolerUrl')) ?? server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    remove: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
