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
  /** The same, past the pooler that TEST_POOLER puts in front of PostgreSQL. */
  readonly directUrl: string;
  /** Deletes it, even with open connections. */
  remove(): Promise<void>;
}

/** The databases to test on: both, or SQLite alone where PostgreSQL was turned off. */
export function testDialects(): Dialect[] {
  return inject('postgresUrl') === undefined ? ['sqlite'] : ['sqlite', 'postgres'];
}

export function freshDatabase(dialect: Dialect): Promise<FreshDatabase> {
  return dialect === 'sqlite' ? Promise.resolve(freshSqlite()) : freshPostgres();
}

function freshSqlite(): FreshDatabase {
  const directory = mkdtempSync(path.join(tmpdir(), 'library-api-sqlite-'));
  const url = `sqlite:${path.join(directory, 'library.db')}`;
  return {
    url,
    directUrl: url,
    remove: () => Promise.resolve(rmSync(directory, { recursive: true, force: true })),
  };
}

async function freshPostgres(): Promise<FreshDatabase> {
  const server = inject('postgresUrl');
  if (server === undefined) {
    throw new Error('PostgreSQL was turned off by TEST_POSTGRES=off');
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const on = (address: string): string => Object.assign(new URL(address), { pathname: name }).href;
  return {
    url: on(inject('poolerUrl') ?? server),
    directUrl: on(server),
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
