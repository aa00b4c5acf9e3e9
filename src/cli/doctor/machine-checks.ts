import { accessSync, constants, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/config.js';
import { sqlitePath } from '../../database/data-source.js';
import { checkOf, inMegabytes } from './finding.js';
import type { Finding } from './finding.js';

const GIGABYTE = 1024 ** 3;
const FULL_BYTES = 100 * 1024 ** 2;

/** When each line of Node gets its last security fix. */
const END_OF_LIFE: Readonly<Record<string, string>> = {
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
};

export function checkNode(version = process.versions.node): Finding {
  const check = checkOf('node');
  const [major] = version.split('.');
  const ends = END_OF_LIFE[major];
  return ends === undefined || Date.parse(ends) > Date.now()
    ? check.ok(version)
    : check.warning(`${version} has had no security fixes since ${ends}`, 'install Node 24');
}

/** What the product must be able to write, and what others must not read. */
export function checkFiles({ dataDir, databaseUrl }: Config): Finding {
  const check = checkOf('permissions');
  const isSqlite = databaseUrl.startsWith('sqlite:');
  const database = isSqlite ? sqlitePath(databaseUrl) : undefined;
  const secret = path.join(dataDir, 'secret.key');
  const companions = database === undefined ? [] : [database, `${database}-wal`, `${database}-shm`];
  const directories = database === undefined ? [] : [path.dirname(database)];
  const locked = [...directories, ...companions].filter(file => !isWritable(file));
  if (locked.length > 0) {
    return check.failed(
      `this user cannot write to ${locked.join(', ')}`,
      'chown them to the user of the server',
    );
  }
  const open = [...companions, secret, path.resolve('.env')].filter(isExposed);
  return open.length === 0
    ? check.ok('only this user can read the data and its secrets')
    : check.warning(
        `other users can read ${open.join(', ')}`,
        'chmod 600 for files, 700 for DATA_DIR',
      );
}

/** Of the database, or of temporary files if the database is elsewhere. */
export async function checkDisk({ databaseUrl }: Config): Promise<Finding> {
  const check = checkOf('disk');
  const isSqlite = databaseUrl.startsWith('sqlite:');
  const directory = isSqlite ? path.dirname(sqlitePath(databaseUrl)) : tmpdir();
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const size = isSqlite ? (sizeOf(sqlitePath(databaseUrl)) ?? 0) : 0;
  const found = `${inMegabytes(free)} are free in ${directory}`;
  if (free < FULL_BYTES) {
    return check.failed(found, 'free some space now: writes fail with 507 when it is full');
  }
  return free < Math.max(GIGABYTE, size)
    ? check.warning(found, 'free some space: imports and copies need as much as the database')
    : check.ok(found);
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** A mode of 0644 exposes nothing in a directory that others cannot enter. */
function isExposed(file: string): boolean {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  const isReadable = process.platform !== 'win32' && (mode & 0o077) !== 0;
  return isReadable && (statSync(path.dirname(file)).mode & 0o011) !== 0;
}
