import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/database.js';
import type { Queryable, Transaction } from '../../database/database.types.js';
import { add, conflicts, nothingStored } from './import-result.js';
import type { Stored } from './import-result.js';
import type { StagedRow } from './import-stage.js';
import { storeRows } from './import-statements.js';
import type { OnConflict } from './import-statements.js';
import type { ImportThread } from './import-thread.js';

/** The part of a transaction that the end of an import needs. */
export type Writes = Pick<Queryable, 'run'>;

/** Runs in the last transaction, which it undoes by throwing. */
export type AtEnd<T> = (tx: Writes, stored: Stored) => Promise<T>;

/** `ms` is how long other writes had to wait. */
export type Slice = Stored & { ms: number };

/** Takes staged records into `authors`. */
export interface ImportStore {
  /** One transaction with the next `limit` records. */
  slice(limit: number): Promise<Slice>;
  /** One transaction with all records that are left. */
  rest<T>(atEnd: AtEnd<T>): Promise<T>;
}

/** Other processes look every 3 ms whether the file is free. */
const PAUSE_MS = 10;

/** A SQLite file: the worker thread stores, and the writer of this process waits for it as for another process. */
export class ThreadStore implements ImportStore {
  constructor(
    private readonly database: Database,
    private readonly thread: ImportThread,
  ) {}

  async slice(limit: number): Promise<Slice> {
    const slice = await this.thread.call('slice', limit);
    // All writes that wait in this process, or in another, have their turn before the next slice.
    await Promise.allSettled([this.database.write(async () => undefined), sleep(PAUSE_MS)]);
    return slice;
  }

  async rest<T>(atEnd: AtEnd<T>): Promise<T> {
    const tx: Writes = { run: (sql, params = []) => this.thread.call('run', sql, params) };
    const result = await atEnd(tx, await this.thread.call('moveRest'));
    await this.thread.call('commit');
    return result;
  }
}

/** Rows that go to the database in one statement. */
const BATCH = 1000;

/** PostgreSQL, and a database in memory: the rows go through the main thread's own connection. */
export class RowStore implements ImportStore {
  #line = 0;

  constructor(
    private readonly database: Database,
    private readonly thread: ImportThread,
    private readonly ownerId: number,
    private readonly onConflict: OnConflict,
  ) {}

  async slice(limit: number): Promise<Slice> {
    const rows = await this.#next(this.#line, limit);
    this.#line = rows.at(-1)![0];
    const began = performance.now();
    const stored = await this.database.write(tx => this.#store(tx, rows));
    return { ...stored, ms: performance.now() - began };
  }

  rest<T>(atEnd: AtEnd<T>): Promise<T> {
    return this.database.write(async tx => {
      let stored = nothingStored();
      for (let rows = await this.#next(this.#line); rows.length > 0;) {
        stored = add(stored, await this.#store(tx, rows));
        rows = await this.#next(rows.at(-1)![0]);
      }
      return atEnd(tx, stored);
    });
  }

  #next(afterLine: number, limit = BATCH): Promise<StagedRow[]> {
    return this.thread.call('rows', afterLine, limit);
  }

  async #store(tx: Transaction, rows: readonly StagedRow[]): Promise<Stored> {
    const { onConflict } = this;
    const merged = mergeKeys(rows, onConflict);
    const stored = await tx.all<StoredRow>(storeRows(tx.dialect, onConflict), [
      this.ownerId,
      Date.now(),
      JSON.stringify([...merged.values()]),
    ]);
    // An existing record has added its own version to the number of lines.
    const created = stored.filter(row => row.version === merged.get(keyOf(row))!.at(-1)).length;
    const others = rows.length - created;
    return {
      created,
      updated: onConflict === 'update' ? others : 0,
      skipped: onConflict === 'skip' ? others : 0,
      faults: conflicts(onConflict === 'error' ? notStored(rows, stored) : []),
    };
  }
}

interface StoredRow {
  name_key: string;
  book_key: string;
  version: number;
}

/** One statement cannot change a row twice: of lines with one key it gets one, and how many there are. */
function mergeKeys(
  rows: readonly StagedRow[],
  onConflict: OnConflict,
): Map<string, [...StagedRow, lines: number]> {
  const merged = new Map<string, [...StagedRow, lines: number]>();
  for (const row of rows) {
    const key = keyOfStaged(row);
    const lines = merged.get(key)?.at(-1) as number | undefined;
    if (lines === undefined || onConflict === 'update') {
      merged.set(key, [...row, (lines ?? 0) + 1]);
    }
  }
  return merged;
}

/** Of several lines with one key only the first can have been stored. */
function notStored(rows: readonly StagedRow[], stored: readonly StoredRow[]): number[] {
  const fresh = new Set(stored.map(keyOf));
  return rows.filter(row => !fresh.delete(keyOfStaged(row))).map(([line]) => line);
}

/** No text holds NUL. */
const keyOf = (row: StoredRow): string => `${row.name_key}\0${row.book_key}`;

const keyOfStaged = ([, , , , , nameKey, bookKey]: StagedRow): string => `${nameKey}\0${bookKey}`;
