import { closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type SQLite from 'better-sqlite3';
import { makeDirectory } from '../../config/directories.js';
import { syncDirectory, syncFile } from '../../config/to-disk.js';
import { dialectOf, sqlitePath } from '../data-source.js';
import { Database } from '../database.js';
import { isBusy } from '../database-errors.js';
import { backUpSqlite, copyDatabase } from './copy-database.js';
import type { CopiedRows, CopyOptions } from './copy-database.js';
import { CopyError } from './copy-end.js';
import { Driver } from '../sqlite-driver.js';

type Progress = CopyOptions['progress'];

/** What SQLite keeps next to a file. */
const COMPANIONS = ['-wal', '-shm'];

/**
 * Writes everything into a new SQLite file that only its owner may read, as it is at one moment, while servers run.
 * The file gets its name after it was read back and is on disk. Throws as `copyDatabase` does, and if the file exists.
 */
export async function backUp(
  url: string,
  file: string,
  progress?: Progress,
): Promise<CopiedRows[]> {
  if (existsSync(file)) {
    throw new CopyError(`${file} already exists; choose another file name`);
  }
  const partial = `${file}.partial`;
  claim(partial);
  try {
    const copied =
      dialectOf(url) === 'sqlite'
        ? await backUpSqlite(url, partial, progress)
        : await copyDatabase(url, `sqlite:${partial}`, { progress });
    syncFile(partial);
    renameSync(partial, file);
    syncDirectory(path.dirname(file));
    await recordBackup(url);
    return copied;
  } catch (error) {
    removeFile(partial);
    throw error;
  }
}

/** An event that the metrics read. A database that cannot be written to can still be backed up. */
async function recordBackup(url: string): Promise<void> {
  const insert = `INSERT INTO events (at, action, actor, address, detail)
    VALUES ($1, 'backup.made', 'cli', 'cli', '{}')`;
  const database = await Database.open({ url }).catch(() => undefined);
  await database?.run(insert, [Date.now()]).catch(() => undefined);
  await database?.close();
}

/**
 * Replaces a database by a backup, which may come from an older version of the program, or creates the database and
 * its directory. Keeps an existing SQLite file, damaged or not, under another name and returns that name; a PostgreSQL
 * database must be empty.
 * Throws CopyError or DatabaseStartError and changes nothing if the file is no intact backup or a server is running.
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
  return dialectOf(url) === 'sqlite'
    ? restoreFile(file, sqlitePath(url))
    : restoreInto(url, file, progress);
}

async function restoreFile(file: string, place: string): Promise<string | undefined> {
  const partial = `${place}.restoring`;
  makeDirectory(path.dirname(place));
  const lock = lockFile(place);
  try {
    await copyAndMigrate(file, partial);
    lock?.close();
    return exchange(partial, place);
  } finally {
    lock?.close();
    removeFile(partial);
  }
}

async function restoreInto(url: string, file: string, progress?: Progress): Promise<undefined> {
  const migrated = `${file}.migrated`;
  try {
    await copyAndMigrate(file, migrated);
    await copyDatabase(`sqlite:${migrated}`, url, { progress });
  } finally {
    removeFile(migrated);
  }
}

const CLAIM_FAULTS: Readonly<Record<string, (partial: string) => string>> = {
  EEXIST: partial =>
    `${partial} exists: another backup is running; if it was killed, delete the file`,
  ENOENT: partial => `the directory ${path.dirname(path.resolve(partial))} does not exist`,
  EACCES: partial => `the directory ${path.dirname(path.resolve(partial))} cannot be written to`,
};

/** Of two backups into one file, the second fails. */
function claim(partial: string): void {
  try {
    closeSync(openSync(partial, 'wx', 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CopyError(CLAIM_FAULTS[code ?? '']?.(partial) ?? `cannot write ${partial} (${code})`);
  }
}

/** A copy of the backup with the schema of this program, in one file. */
async function copyAndMigrate(file: string, to: string): Promise<void> {
  removeFile(to);
  try {
    await copyFile(file, to);
  } catch (error) {
    throw noBackup(file, (error as Error).message);
  }
  refuseUnlessIntact(to, file);
  const database = await Database.open({ url: `sqlite:${to}` });
  await database.close();
  syncFile(to);
}

/** If the file has a log, its last pages are in it, and a server may be writing: only SQLite sees one moment of both. */
async function copyFile(file: string, to: string): Promise<void> {
  if (!existsSync(`${file}-wal`)) {
    copyFileSync(file, to);
    return;
  }
  const source = new Driver(file, { readonly: true });
  try {
    await source.backup(to);
  } finally {
    source.close();
  }
}

function noBackup(file: string, found: string): CopyError {
  return new CopyError(`${file} is no intact backup (${found.split('\n')[0]})`);
}

function refuseUnlessIntact(copy: string, file: string): void {
  let found: unknown;
  try {
    const db = new Driver(copy);
    try {
      const tables = db
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .pluck()
        .all();
      const isOurs = ['migrations', 'users', 'signing_keys'].every(name => tables.includes(name));
      found = isOurs ? db.pragma('integrity_check', { simple: true }) : 'not from library-api';
    } finally {
      db.close();
    }
  } catch (error) {
    found = (error as Error).message;
  }
  if (found !== 'ok') {
    throw noBackup(file, String(found));
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

/** Keeps servers out of an existing file until it is closed. A running server holds a lock that makes this throw. */
function lockFile(file: string): SQLite.Database | undefined {
  if (!existsSync(file)) {
    return undefined;
  }
  let db: SQLite.Database | undefined;
  try {
    db = new Driver(file, { timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN IMMEDIATE');
    return db;
  } catch (error) {
    db?.close();
    if (isBusy(error)) {
      throw new CopyError(`${file} is in use: stop the servers first`);
    }
    // A damaged file is what people restore backups for.
    return undefined;
  }
}

function removeFile(file: string): void {
  for (const companion of ['', ...COMPANIONS]) {
    rmSync(file + companion, { force: true });
  }
}
