import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databases } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import { freshDatabase } from '../../support/fresh-database.js';
import type { FreshDatabase } from '../../support/fresh-database.js';
import { ROOT, ServerProcess } from '../../support/process.js';
import { Driver } from '../../../src/database/sqlite-driver.js';

/** Milliseconds after the first sign of a migration, each with a fresh database. */
const MOMENTS = [0, 5, 15, 40];

describe.each(databases())('a migration of %s that is killed', kind => {
  let fresh: FreshDatabase;
  let cwd: string;

  beforeEach(async () => {
    fresh = await freshDatabase(kind);
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-migration-'));
  });
  afterEach(async () => {
    await fresh.remove();
    rmSync(cwd, { recursive: true, force: true });
  });

  const file = (): string => fresh.url.slice('sqlite:'.length);

  /** Whether a migration has begun: on PostgreSQL it holds its lock, on SQLite there is a file. */
  async function withSigns<T>(work: (seen: () => Promise<boolean>) => Promise<T>): Promise<T> {
    if (kind === 'sqlite') {
      return work(() => Promise.resolve(existsSync(file())));
    }
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    const sql = `SELECT count(*)::int AS held FROM pg_locks
      WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    try {
      return await work(async () => (await client.query(sql)).rows[0].held > 0);
    } finally {
      await client.end();
    }
  }

  async function tables(): Promise<string[]> {
    if (kind === 'sqlite') {
      const db = new Driver(file());
      const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
      db.close();
      return names as string[];
    }
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    const { rows } = await client.query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [
      'public',
    ]);
    await client.end();
    return rows.map(({ tablename }) => tablename);
  }

  test.each(MOMENTS)(
    'leaves nothing or all of it, and the next start does the rest (%i ms)',
    async moment => {
      const env = { DATABASE_URL: fresh.url, SECRET_KEY: randomBytes(32).toString('base64') };
      await withSigns(async seen => {
        const child = spawn(process.execPath, [`${ROOT}dist/cli.js`, 'migrate'], {
          cwd,
          env: { PATH: process.env.PATH, NODE_ENV: 'test', ...env },
          stdio: 'ignore',
        });
        const ended = once(child, 'exit');
        while (child.exitCode === null && !(await seen())) {
          await sleep(1);
        }
        await sleep(moment);
        child.kill('SIGKILL');
        await ended;
      });
      const left = await tables();
      expect(left.includes('users')).toBe(left.includes('authors'));
      const server = await ServerProcess.start({ cwd, env });
      try {
        const { token } = await newAccount(server.url);
        const json = { name: 'Iris Murdoch', book: 'The Bell', country: 'Ireland' };
        expect((await call(server.url, 'POST', '/author', { token, json })).status).toBe(201);
      } finally {
        await server.stop();
      }
      console.log(`${kind}, killed after ${moment} ms: ${left.length} tables were left`);
    },
  );
});
