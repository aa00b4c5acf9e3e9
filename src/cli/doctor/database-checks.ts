import { statSync } from 'node:fs';
import { sqlitePath } from '../../database/data-source.js';
import { migrations } from '../../database/migrations/index.js';
import { checkOf, daysSince, inMegabytes } from './finding.js';
import type { Finding } from './finding.js';
import type { Source } from './source.js';

const SLOW_CLOCK_MS = 2_000;
const WRONG_CLOCK_MS = 30_000;
const BACKUP_DAYS = 7;
/** A log is this large only if something keeps SQLite from emptying it. */
const LARGE_LOG_BYTES = 256 * 1024 ** 2;

/** What SQLite and PostgreSQL say of a table that does not exist. */
const MISSING_TABLE = ['SQLITE_ERROR', '42P01'];

const NEWEST_ROW = `SELECT max(at) AS at FROM (
  SELECT max(at) AS at FROM events UNION ALL SELECT max(created_at) FROM users
  UNION ALL SELECT max(last_used_at) FROM sessions) AS newest`;

/** Whether the schema is the one of this program. */
export async function checkMigrated(source: Source): Promise<Finding> {
  const check = checkOf('schema');
  const rows = await source.all<{ name: string }>('SELECT name FROM migrations').catch(error => {
    if (MISSING_TABLE.includes((error as { code: string }).code)) {
      return [];
    }
    throw error;
  });
  const executed = rows.map(({ name }) => name);
  const known = migrations.map(({ name }) => name);
  const missing = known.filter(name => !executed.includes(name));
  if (executed.some(name => !known.includes(name))) {
    return check.failed('the database is newer than this program', 'use the newer program');
  }
  return missing.length === 0
    ? check.ok('has all migrations of this program')
    : check.failed(
        `missing migrations: ${missing.length} of ${known.length}`,
        'run the command migrate',
      );
}

/** SQLite reads every page; PostgreSQL has no such check, but knows which indexes are unusable. */
export async function checkIntegrity(source: Source): Promise<Finding> {
  const check = checkOf('integrity');
  const advice = 'restore a backup';
  if (source.dialect === 'sqlite') {
    const [row] = await source.all<object>('PRAGMA integrity_check(1)');
    const [found] = Object.values(row) as string[];
    return found === 'ok' ? check.ok('every page is intact') : check.failed(found, advice);
  }
  const rows = await source.all<{ name: string }>(
    'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid',
  );
  return rows.length === 0
    ? check.ok('every index is valid')
    : check.failed(`the index ${rows[0].name} is not valid`, `REINDEX INDEX ${rows[0].name}`);
}

export async function checkSize(source: Source): Promise<Finding> {
  const check = checkOf('size');
  if (source.dialect === 'postgres') {
    const [{ bytes }] = await source.all<{ bytes: string }>(
      'SELECT pg_database_size(current_database()) AS bytes',
    );
    return check.ok(inMegabytes(Number(bytes)));
  }
  const file = sqlitePath(source.url);
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const sizes = `${inMegabytes(statSync(file).size)}, write-ahead log ${inMegabytes(log)}`;
  return log < LARGE_LOG_BYTES
    ? check.ok(sizes)
    : check.warning(sizes, 'restart the servers: a long read keeps the log from shrinking');
}

/** Only PostgreSQL can have one. */
export async function checkPooler(source: Source): Promise<Finding> {
  const [{ pid }] = await source.all<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const check = checkOf('pooler');
  return pid === source.named
    ? check.ok('none: this is a direct connection')
    : check.ok('a pooler, such as PgBouncer, stands before PostgreSQL');
}

/** Against the clock of PostgreSQL, or on SQLite against the newest row. */
export async function checkClock(source: Source): Promise<Finding> {
  const check = checkOf('clock');
  const advice = 'set the clocks by NTP: sessions, limits and keys have times';
  if (source.dialect === 'sqlite') {
    const [{ at }] = await source.all<{ at: number | null }>(NEWEST_ROW);
    const ahead = (at ?? 0) - Date.now();
    return ahead > SLOW_CLOCK_MS
      ? check.failed(`the newest row is ${Math.round(ahead / 1000)} s in the future`, advice)
      : check.ok('no row is from the future');
  }
  const began = Date.now();
  const [{ now }] = await source.all<{ now: string }>(
    'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now',
  );
  const apart = Math.abs(Number(now) - (began + Date.now()) / 2);
  const found = `${(apart / 1000).toFixed(1)} s apart from the clock of PostgreSQL`;
  if (apart < SLOW_CLOCK_MS) {
    return check.ok(found);
  }
  return apart < WRONG_CLOCK_MS ? check.warning(found, advice) : check.failed(found, advice);
}

export async function checkAdmin(source: Source): Promise<Finding> {
  const [{ admins }] = await source.all<{ admins: number | string }>(
    'SELECT count(*) AS admins FROM users WHERE admin AND NOT disabled',
  );
  const check = checkOf('admin');
  return Number(admins) > 0
    ? check.ok(`${admins} can log in`)
    : check.warning('there is none', 'user add NAME --admin, or user promote NAME');
}

/** By the event that the command backup leaves. */
export async function checkBackup(source: Source): Promise<Finding> {
  const check = checkOf('backup');
  const advice = 'run the command backup at least once a day, unless other tools do';
  const [{ at }] = await source.all<{ at: number | string | null }>(
    `SELECT max(at) AS at FROM events WHERE action = 'backup.made'`,
  );
  if (at === null) {
    return check.warning('the command backup has not run', advice);
  }
  const days = daysSince(Number(at));
  const found = `the last one is ${days} days old`;
  return days < BACKUP_DAYS ? check.ok(found) : check.warning(found, advice);
}
