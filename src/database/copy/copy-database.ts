import { createHash } from 'node:crypto';
import { dialectOf } from '../data-source.js';
import type { Schema } from '../data-source.js';
import { Database } from '../database.js';
import { DatabaseStartError, startError } from '../database-errors.js';
import { migrations as allMigrations } from '../migrations/index.js';
import { copiedTables } from './copied-tables.js';
import type { CopiedTable } from './copied-tables.js';
import { CopyError, quoted } from './copy-end.js';
import type { CopyEnd, Row } from './copy-end.js';
import { PostgresEnd } from './postgres-end.js';
import { SqliteEnd } from './sqlite-end.js';

/** Number of rows in memory at a time. */
const BATCH = 1_000;

export interface CopyOptions {
  /** The tables as the code knows them; tests have others. */
  schema?: Schema;
  /** Called after each batch. Each row counts twice: when it is read and when it is compared. */
  progress?: (done: number, total: number) => void;
}

/** A table that is equal on both sides. */
export interface CopiedRows {
  table: string;
  rows: number;
  /** Checksum of the rows in the order of the primary key. */
  sha256: string;
}

/**
 * Copies every row, and the last id that was used, between databases of either kind.
 * Reads the source as of one moment while others write. Migrates the target and writes all rows in one transaction,
 * which commits only if the rows that it reads back have the same counts and checksums. Memory stays flat.
 * Throws CopyError or DatabaseStartError, one line each: if the source has other migrations than this program, if the
 * target has a row (also a key from a first start), or if one of them is away.
 */
export function copyDatabase(
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<CopiedRows[]> {
  return explained(copyAll(from, to, options));
}

/** Copies a SQLite database into an empty file by SQLite's online backup. Verifies and throws as `copyDatabase` does. */
export function backUpSqlite(
  from: string,
  file: string,
  progress: CopyOptions['progress'],
): Promise<CopiedRows[]> {
  return explained(backUpPages(from, file, progress));
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CopyError || error instanceof DatabaseStartError) {
      throw error;
    }
    throw new CopyError(`nothing was copied: ${(error as Error).message}`, { cause: error });
  }
}

async function copyAll(from: string, to: string, options: CopyOptions): Promise<CopiedRows[]> {
  const tables = await copiedTables(options.schema);
  return using(from, 'source', async source => {
    await refuseOtherVersion(source, options.schema);
    await source.beginReading();
    await using(to, 'target', target => refuseUnlessEmpty(target, tables));
    const database = await Database.open({ url: to, pool: 1 }, undefined, options.schema);
    await database.close();
    return using(to, 'target', async target => {
      await target.beginWriting(tables);
      await refuseUnlessEmpty(target, tables);
      const insert = target.insert.bind(target);
      const copied = await compareTables(source, target, tables, options.progress, insert);
      // Last, since PostgreSQL does not undo it.
      for (const table of tables.filter(({ counted }) => counted !== undefined)) {
        await copyCount(source, target, table);
      }
      await target.commit();
      return copied;
    });
  });
}

async function backUpPages(from: string, file: string, progress: CopyOptions['progress']) {
  const tables = await copiedTables();
  return using(from, 'source', async source => {
    await refuseOtherVersion(source);
    await source.beginReading();
    await (source as SqliteEnd).backUp(file);
    return using(`sqlite:${file}`, 'target', async copy => {
      const [found] = await copy.list('PRAGMA integrity_check');
      if (found !== 'ok') {
        throw new CopyError(`the source is damaged: ${found}`);
      }
      return compareTables(source, copy, tables, progress);
    });
  });
}

async function using<T>(
  url: string,
  use: 'source' | 'target',
  work: (end: CopyEnd) => Promise<T>,
): Promise<T> {
  const end = await open(url, use);
  try {
    return await work(end);
  } finally {
    await end.close();
  }
}

async function open(url: string, use: 'source' | 'target'): Promise<CopyEnd> {
  const kind = dialectOf(url);
  try {
    return await (kind === 'sqlite' ? SqliteEnd.open(url, use) : PostgresEnd.open(url));
  } catch (error) {
    throw error instanceof CopyError ? error : startError(error, url);
  }
}

async function refuseOtherVersion(source: CopyEnd, schema?: Schema): Promise<void> {
  const known = (schema?.migrations ?? allMigrations).map(({ name }) => name);
  if (!(await source.tableNames()).includes('migrations')) {
    throw new CopyError('there is no database: the source does not exist or is empty');
  }
  const there = await source.list('SELECT name FROM migrations');
  if (there.some(name => !known.includes(name))) {
    throw new CopyError('the source is newer than this program: use the newer program');
  }
  if (known.some(name => !there.includes(name))) {
    throw new CopyError(
      'the source is not up to date: run the command migrate on it first (with DATABASE_URL)',
    );
  }
}

async function refuseUnlessEmpty(target: CopyEnd, tables: readonly CopiedTable[]): Promise<void> {
  const there = await target.tableNames();
  for (const { name } of tables.filter(table => there.includes(table.name))) {
    const [rows] = await target.list(`SELECT count(*) FROM ${quoted(name)}`);
    if (rows !== '0') {
      throw new CopyError(
        `the target is not empty (${name}: ${rows}): choose a database on which no server was started, ` +
          'because a first start makes keys',
      );
    }
  }
}

/** Passes each row of the source to `insert`, then compares it with the target's rows. Throws CopyError. */
async function compareTables(
  source: CopyEnd,
  target: CopyEnd,
  tables: readonly CopiedTable[],
  progress: CopyOptions['progress'],
  insert?: CopyEnd['insert'],
): Promise<CopiedRows[]> {
  const total = 2 * (await countRows(source, tables));
  let done = 0;
  const advance = (rows: readonly Row[]): void => {
    done += rows.length;
    progress?.(done, total);
  };
  const copied: CopiedRows[] = [];
  for (const table of tables) {
    const written = await digest(source, table, async rows => {
      await insert?.(table, rows);
      advance(rows);
    });
    refuseDifference(table, written, await digest(target, table, advance));
    copied.push(written);
  }
  return copied;
}

async function countRows(end: CopyEnd, tables: readonly CopiedTable[]): Promise<number> {
  let rows = 0;
  for (const { name } of tables) {
    rows += Number((await end.list(`SELECT count(*) FROM ${quoted(name)}`))[0]);
  }
  return rows;
}

/** Reads a whole table in batches. */
async function digest(
  end: CopyEnd,
  table: CopiedTable,
  each: (rows: readonly Row[]) => Promise<void> | void,
): Promise<CopiedRows> {
  const hash = createHash('sha256');
  let count = 0;
  let rows = await end.rows(table, undefined, BATCH);
  while (rows.length > 0) {
    hash.update(rows.map(row => `${JSON.stringify(row)}\n`).join(''));
    count += rows.length;
    await each(rows);
    rows = await end.rows(table, rows.at(-1), BATCH);
  }
  return { table: table.name, rows: count, sha256: hash.digest('hex') };
}

function refuseDifference({ name }: CopiedTable, written: CopiedRows, found: CopiedRows): void {
  if (written.rows !== found.rows || written.sha256 !== found.sha256) {
    throw new CopyError(
      `nothing was copied: ${name} differs (${found.rows} rows of ${written.rows}, checksum ` +
        `${found.sha256.slice(0, 12)} instead of ${written.sha256.slice(0, 12)})`,
    );
  }
}

/** No id is used twice, not even the id of a deleted row. */
async function copyCount(source: CopyEnd, target: CopyEnd, table: CopiedTable): Promise<void> {
  const [highest] = await target.list(
    `SELECT coalesce(max(${quoted(table.counted!)}), 0) FROM ${quoted(table.name)}`,
  );
  const counted = await source.lastCounted(table);
  const value = BigInt(counted) > BigInt(highest) ? counted : highest;
  await target.setLastCounted(table, value);
  const found = await target.lastCounted(table);
  if (found !== value) {
    throw new CopyError(`nothing was copied: the last id of ${table.name} is ${found}`);
  }
}
