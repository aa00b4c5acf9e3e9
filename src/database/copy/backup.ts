import { closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import SQLite from 'better-sqlite3';
import { syncDirectory, syncFile } from '../../config/to-disk.js';
import { dialectOf, sqlitePath } from '../data-source.js';
import { Database } from '../database.js';
import { isBusy } from '../database-errors.js';
import { backUpSqlite, copyDatabase } from './copy-database.js';
import type { CopiedRows, CopyOptions } from './copy-database.js';
import { CopyError } from './copy-end.js';

type Progress = CopyOptions['progress'];

/** What SQLite keeps beside a file. */
const COMPANIONS = ['-wal', '-shm'];

/**
 * Writes everything, as it is at one moment and while servers go on, into a new SQLite file that only its owner may
 * read, whichever kind of database it comes from. The file is there once all of it was read back and is on disk.
 * Throws as `copyDatabase` does, and where the file exists.
 */
export async function backUp(
  url: string,
  file: string,
  progress?: Progress,
): Promise<CopiedRows[]> {
  if (existsSync(file)) {
    throw new CopyError(`${file} exists already: a backup replaces no file`);
  }
  const partial = `${file}.partial`;
  removeFile(partial);
  try {
    closeSync(openSync(partial, 'wx', 0o600));
    const copied =
      dialectOf(url) === 'sqlite'
        ? await backUpSqlite(url, partial, progress)
        : await copyDatabase(url, `sqlite:${partial}`, { progress });
    syncFile(partial);
    renameSync(partial, file);
    syncDirectory(path.dirname(file));
    return copied;
  } catch (error) {
    removeFile(partial);
    throw error;
  }
}

/**
 * Puts a backup in the place of a database. A SQLite file that was there, damaged or not, is kept under another name,
 * which is returned; on PostgreSQL the database must be empty. The backup may be of an older version of the program.
 * Throws CopyError or DatabaseStartError, with everything as it was: where the file is no sound backup, and where a
 * server is running on the database.
 */
export async function restore(
  file: string,
  url: string,
  progress?: Progress,
): Promise<string | undefined> {
  if (!existsSync(file)) {
    throw new CopyError(`${file} does not exist`);
  }
  if (sqlitePath(url) === ':memory:') {
    throw new CopyError('a database in memory cannot be restored');
  }
  const isSqlite = dialectOf(url) === 'sqlite';
  const place = isSqlite ? sqlitePath(url) : `${file}.migrated`;
  const partial = isSqlite ? `${place}.restoring` : place;
  if (isSqlite) {
    refuseInUse(place);
  }
  try {
    await copyAndMigrate(file, partial);
    if (!isSqlite) {
      await copyDatabase(`sqlite:${partial}`, url, { progress });
      return undefined;
    }
    return exchange(partial, place);
  } finally {
    removeFile(partial);
  }
}

/** A copy of the backup with the schema of this program, in one file. */
async function copyAndMigrate(file: string, to: string): Promise<void> {
  removeFile(to);
  // A backup that somebody opened since may have the end of it there.
  for (const companion of ['', '-wal'].filter(each => existsSync(file + each))) {
    copyFileSync(file + companion, to + companion);
  }
  refuseUnlessSound(to, file);
  const database = await Database.open({ url: `sqlite:${to}` });
  await database.close();
  syncFile(to);
}

function refuseUnlessSound(copy: string, file: string): void {
  let found: unknown;
  try {
    const db = new SQLite(copy);
    try {
      const tables = db
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .pluck()
        .all();
      const isOurs = ['migrations', 'users', 'signing_keys'].every(name => tables.includes(name));
      found = isOurs ? db.pragma('integrity_check', { simple: true }) : 'not of library-api';
    } finally {
      db.close();
    }
  } catch (error) {
    found = (error as Error).message;
  }
  if (found !== 'ok') {
    throw new CopyError(`${file} is no sound backup (${String(found).split('\n')[0]})`);
  }
}

function exchange(partial: string, place: string): string | undefined {
  let kept: string | undefined;
  if (existsSync(place)) {
    kept = `${place}.before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    for (const companion of ['', ...COMPANIONS].filter(each => existsSync(place + each))) {
      renameSync(place + companion, kept + companion);
    }
  }
  renameSync(partial, place);
  syncDirectory(path.dirname(place));
  return kept;
}

/** Whoever has a file in WAL mode open holds a lock that keeps others from having it alone. */
function refuseInUse(file: string): void {
  if (!existsSync(file)) {
    return;
  }
  let db: SQLite.Database | undefined;
  try {
    db = new SQLite(file, { timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
  } catch (error) {
    if (isBusy(error)) {
      throw new CopyError(`${file} is in use: stop the servers on it first`);
    }
    // A damaged file is what a backup is restored for.
  } finally {
    db?.close();
  }
}

function removeFile(file: string): void {
  for (const companion of ['', ...COMPANIONS]) {
    rmSync(file + companion, { force: true });
  }
}
