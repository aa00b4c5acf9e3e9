import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/database.js';
import type { Queryable, Transaction } from '../../database/database.types.js';
import { retryLater } from '../../problems/problem.js';
import { SliceSize } from '../../database/slice-size.js';
import type { Value } from '../../lists/resource.js';
import type { StagedRow, StageOptions } from './import-stage.js';
import { storeRows } from './import-statements.js';
import type { ImportThread } from './import-thread.js';
import { add, conflictsOf, nothing } from './imported.js';
import type { Imported } from './imported.js';

/** The part of a transaction that the end of an import needs. */
export type Writes = Pick<Queryable, 'run'>;

/** Runs in the last transaction, which it undoes by throwing. */
type AtEnd<T> = (tx: Writes, imported: Imported) => Promise<T>;

/** How long one slice may keep other writes waiting. */
const SLICE_MS = 10;

/** Between two slices; other processes look every 3 ms whether the file is free. */
const PAUSE_MS = 10;

/**
 * Moves the staged records into `authors` by the thread's own connection to the SQLite file. The first `slicedRows` go
 * in short transactions, all others in the last one.
 */
export async function moveInThread<T>(
  database: Database,
  thread: ImportThread,
  slicedRows: number,
  beforeSlice: (imported: Imported) => Promise<void>,
  atEnd: AtEnd<T>,
): Promise<T> {
  let imported = nothing();
  const size = new SliceSize(SLICE_MS);
  for (let left = slicedRows; left > size.rows;) {
    await beforeSlice(imported);
    const { ms, ...slice } = await thread.call('slice', size.rows);
    imported = add(imported, slice);
    left -= size.rows;
    size.took(ms);
    // Writes that wait in this process, or in another, have their turn before the next slice.
    await Promise.allSettled([database.write(async () => undefined), sleep(PAUSE_MS)]);
  }
  const tx: Writes = { run: (sql, params = []) => thread.call('run', sql, params) };
  const result = await atEnd(tx, add(imported, await thread.call('rest')));
  await thread.call('commit');
  return result;
}

/** Rows that go to the database in one statement. */
const BATCH = 1000;

/** After this many new rows, another plan may be best. */
const ANALYZED_ROWS = 10_000;

/** docs/mirror.md promises that an import is visible this long after its `updated_at`. */
const LONGEST_MS = 10 * 60_000;

/**
 * Stores the staged records by the main thread's connection, in one transaction: on PostgreSQL and in memory. Throws
 * `unavailable` after 10 minutes.
 */
export async function storeFromThread<T>(
  database: Database,
  thread: ImportThread,
  options: StageOptions,
  atEnd: AtEnd<T>,
): Promise<T> {
  let imported = nothing();
  const result = await database.write(async tx => {
    const deadline = performance.now() + LONGEST_MS;
    imported = nothing();
    let rows = await thread.call('rows', 0, BATCH);
    while (rows.length > 0) {
      if (performance.now() > deadline) {
        throw retryLater('unavailable', 60, 'the import takes longer than 10 minutes');
      }
      imported = add(imported, await storeBatch(tx, options, rows));
      rows = await thread.call('rows', rows.at(-1)![0], BATCH);
    }
    return atEnd(tx, imported);
  });
  if (database.dialect === 'postgres' && imported.created >= ANALYZED_ROWS) {
    // Until autovacuum does this, PostgreSQL keeps the plans for a small table: a page took 300 ms.
    await database.run('ANALYZE authors').catch(() => undefined);
  }
  return result;
}

interface StoredRow {
  name_key: string;
  book_key: string;
  version: number;
}

async function storeBatch(
  tx: Transaction,
  { ownerId, onConflict }: StageOptions,
  rows: readonly StagedRow[],
): Promise<Imported> {
  const source = mergeKeys(rows, onConflict === 'update');
  const stored = await tx.all<StoredRow>(storeRows(tx.dialect, onConflict), [
    ownerId,
    Date.now(),
    JSON.stringify([...source.values()]),
  ]);
  const versions = new Map(stored.map(row => [keyOf([row.name_key, row.book_key]), row.version]));
  // An existing record has added its own version to the number of lines.
  const created = [...source].filter(([key, row]) => versions.get(key) === row.at(-1)).length;
  // Of several lines with one key, only the first can have been stored.
  const leftOut = rows.filter(row => !versions.delete(keyOf(row.slice(-3))));
  return {
    ...(onConflict === 'error' ? conflictsOf(leftOut.map(([line]) => line)) : nothing()),
    created,
    updated: onConflict === 'update' ? rows.length - created : 0,
    skipped: onConflict === 'skip' ? rows.length - created : 0,
  };
}

/** The keys of name and book; no text holds NUL. */
const keyOf = ([name, book]: readonly Value[]): string => `${name}\0${book}`;

/** One statement cannot change a row twice: lines with one key become one row, which ends with their number. */
function mergeKeys(rows: readonly StagedRow[], lastWins: boolean) {
  const merged = new Map<string, [...StagedRow, lines: number]>();
  for (const row of rows) {
    const key = keyOf(row.slice(-3));
    const lines = (merged.get(key)?.at(-1) as number | undefined) ?? 0;
    if (lines === 0 || lastWins) {
      merged.set(key, [...row, lines + 1]);
    }
  }
  return merged;
}
