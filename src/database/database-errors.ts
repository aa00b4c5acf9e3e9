import { withoutPassword } from '../config/without-password.js';
import { Problem, retryLater } from '../problems/problem.js';

/** Why the database cannot be opened, in one line for the operator. */
export class DatabaseStartError extends Error {
  constructor(
    message: string,
    cause?: unknown,
    /** For programs. */
    readonly code = 'database',
  ) {
    super(message, { cause });
    this.name = 'DatabaseStartError';
  }
}

/** Our code uses the database in a way that is never right. */
export class DatabaseUseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DatabaseUseError';
  }
}

type Translation = 'unavailable' | 'storage_full';

/**
 * What a driver's code means to a caller: SQLite's result code, PostgreSQL's SQLSTATE or Node's system error.
 * The first pattern that matches the whole code counts.
 */
const TRANSLATIONS: readonly [RegExp, Translation][] = [
  [/SQLITE_FULL|SQLITE_READONLY(_\w+)?/, 'storage_full'],
  // A failed read is an unexpected error; a failed write means that the disk is full or away.
  [/SQLITE_IOERR(?!_READ|_SHORT_READ|_CORRUPTFS)(_\w+)?/, 'storage_full'],
  [/SQLITE_(BUSY|LOCKED|PROTOCOL|CANTOPEN)(_\w+)?/, 'unavailable'],
  [/53100/, 'storage_full'],
  // The account was deleted meanwhile: the next request of the caller gets 401.
  [/SQLITE_CONSTRAINT_FOREIGNKEY|23503/, 'unavailable'],
  // Connection, authorization, resources or files lost, server stopping or read-only, statement or lock timed out.
  [/08\w{3}|28\w{3}|3D000|53\w{3}|58\w{3}|57P0\d|57014|55P03|25006|25P03|25P04/, 'unavailable'],
  [/40001|40P01/, 'unavailable'],
  [/ECONN\w+|EPIPE|ENOTCONN|ETIMEDOUT|EHOST\w+|ENET\w+|EADDRNOTAVAIL/, 'unavailable'],
  [/ENOTFOUND|EAI_AGAIN|EAGAIN|ENOENT|EACCES|EMFILE|ENFILE|ENOBUFS/, 'unavailable'],
];

/** Messages of `pg` and TypeORM, which have no code, for a lost connection or a full pool. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Received unexpected|Client has encountered a connection error|Client was closed|Query runner already released|Cannot use a pool after calling end)/;

/** The driver's error, unwrapped from a Problem or an error of TypeORM. */
function driverError(error: unknown): (Error & { code?: unknown }) | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  if (error instanceof Problem) {
    return driverError(error.cause);
  }
  return 'driverError' in error ? driverError(error.driverError) : error;
}

function driverCode(error: unknown): string {
  const code = driverError(error)?.code;
  return typeof code === 'string' ? code : '';
}

function matches(pattern: RegExp, code: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`).test(code);
}

/**
 * The problem `unavailable` or `storage_full` with the error as its `cause` if the database is away or full;
 * otherwise the error itself.
 */
export function toProblem(error: unknown): unknown {
  const driver = error instanceof Problem ? undefined : driverError(error);
  if (driver === undefined) {
    return error;
  }
  const code = driverCode(driver);
  const found = TRANSLATIONS.find(([pattern]) => matches(pattern, code))?.[1];
  const kind = found ?? (isConnectionLost(driver) ? 'unavailable' : undefined);
  return kind === undefined ? error : Object.assign(retryLater(kind, 1), { cause: error });
}

/**
 * A unique index refused the row. On PostgreSQL the statement also ended its unit of work: let the unit fail, or run
 * the statement in a nested one.
 */
export function isDuplicate(error: unknown): boolean {
  return /^(SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)|23505)$/.test(driverCode(error));
}

/** Another connection holds SQLite's lock. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(driverCode(error));
}

/** PostgreSQL undid the transaction because of another one; it may succeed if it runs again. */
export function isSerializationFailure(error: unknown): boolean {
  return ['40001', '40P01'].includes(driverCode(error));
}

/** A prepared statement no longer fits the tables, because another process migrated them. */
export function isStalePlan(error: unknown): boolean {
  return driverCode(error) === '0A000' && /cached plan/.test(driverError(error)?.message ?? '');
}

/** The connection to PostgreSQL is lost, leads to a server without writes, or is in an unknown state: open another. */
export function isConnectionLost(error: unknown): boolean {
  const code = driverCode(error);
  return (
    /^(08|57P|25006|25P03|25P04|ECONN|EPIPE|ENOTCONN|ETIMEDOUT|EHOST|ENET)/.test(code) ||
    CONNECTION_MESSAGES.test(driverError(error)?.message ?? '')
  );
}

/** The server did not answer in time, or no connection became free; a retry would take as long. */
export function isAnswerTimeout(error: unknown): boolean {
  return /^(timeout exceeded|Query read timeout)/.test(driverError(error)?.message ?? '');
}

/** What to do if a database does not open, by the driver's code. */
const START_ADVICE: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'is not a SQLite database: point DATABASE_URL elsewhere, or restore a backup',
  SQLITE_CORRUPT: 'is damaged: restore a backup with the command restore',
  SQLITE_BUSY: 'is locked by another process',
  SQLITE_READONLY: 'cannot be written to: check its owner and permissions',
  SQLITE_CANTOPEN: 'cannot be opened: check that its directory exists and can be written to',
  SQLITE_FULL: 'cannot be written to: the disk is full',
  EACCES: 'cannot be opened: permission denied',
  EROFS: 'cannot be opened: the file system is read-only',
  EEXIST: 'cannot be opened: its path leads through a file',
  ENOTDIR: 'cannot be opened: its path leads through a file',
  ECONNREFUSED: 'cannot be reached: the connection was refused',
  ENOENT: 'cannot be reached: nothing listens there',
  ENOTFOUND: 'cannot be reached: the host is unknown',
  '28P01': 'refuses the user or the password',
  '28000': 'refuses the user',
  '3D000': 'does not exist on that server',
  '25006': 'is a standby, which takes no writes: use the primary',
  '57P03': 'is still starting, try again',
  '53300': 'has no connection free',
};

/** One line for an error while opening, without the password of the URL. */
export function startError(error: unknown, url: string): DatabaseStartError {
  if (error instanceof DatabaseStartError) {
    return error;
  }
  const code = driverCode(error);
  const key = code.replace(/^(SQLITE_[A-Z]+)_.*/, '$1');
  const reason = error instanceof Error ? error.message : String(error);
  const advice = START_ADVICE[key] ?? `cannot be opened: ${reason.replace(/\s+/g, ' ').trim()}`;
  return new DatabaseStartError(`the database ${withoutSecrets(url)} ${advice}`, error);
}

/** A database's URL as messages may show it: a file's path, or an address without user and password. */
export function withoutSecrets(url: string): string {
  const [address, query = ''] = url.split('?', 2);
  const shown = withoutPassword(address).replace('//***@', '//');
  // A `?` or the missing `@` may stand within a password.
  const isClear =
    !query.includes('@') && (shown !== address || !/^\w*:\/\//.test(url) || URL.canParse(url));
  return (isClear ? shown : `${/^\w*:\/\//.exec(url)?.[0] ?? ''}…`).replace(/^sqlite:/, '');
}
