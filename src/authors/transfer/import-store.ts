import type { Database } from '../../database/database.js';
import type { Param, Queryable, Transaction } from '../../database/database.types.js';
import type { OnConflict, StagedRow } from './import-stage.js';
import { storeRowsSql } from './import-statements.js';
import type { ImportThread } from './import-thread.js';
import type { Stored } from './sqlite-import.js';

/** What can be done at the end of a transaction that stores records: throw to undo it. */
export type AtEnd<T> = (tx: Writes, stored: Stored) => Promise<T>;

/** The part of a transaction that the end of an import needs. */
export type Writes = Pick<Queryable, 'run'>;

/** Takes the records of an import from its thread into the product's tables. */
export interface ImportStore {
  /** One transaction with some of the records that wait, so short that other writes hardly notice. */
  slice(rows: number): Promise<Stored>;
  /** One transaction with all records that wait. */
  all<T>(atEnd: AtEnd<T>): Promise<T>;
}

/** The log is moved into the file after so many slices: pages that several of them changed are then moved once. */
const CHECKPOINT_SLICES = 5;

/** SQLite: the thread stores by a connection of its own, while the main thread's writer waits. */
export class ThreadStore implements ImportStore {
  #slices = 0;

  constructor(
    private readonly database: Database,
    private readonly thread: ImportThread,
  ) {}

  slice(rows: number): Promise<Stored> {
    const { call } = this.thread;
    return this.database.exclusive(async () => {
      const stored = await call.slice(rows);
      this.#slices += 1;
      if (this.#slices % CHECKPOINT_SLICES === 0) {
        this.#checkpoint();
      }
      return stored;
    });
  }

  all<T>(atEnd: AtEnd<T>): Promise<T> {
    const { call } = this.thread;
    const writes: Writes = { run: (sql, params = []) => call.run(sql, params) };
    return this.database.exclusive(async () => {
      await call.begin();
      try {
        const result = await atEnd(writes, await call.storeAll());
        await call.commit();
        this.#checkpoint();
        return result;
      } catch (error) {
        await call.rollback();
        throw error;
      }
    });
  }

  /** Begins before the main thread's next commit would take this work upon itself, and is not waited for. */
  #checkpoint(): void {
    this.thread.call.checkpoint().catch(() => undefined);
  }
}

/** Rows that go to the database in one statement. */
const BATCH = 1000;

/** PostgreSQL, and a database in memory: the rows go through the main thread's own connections. */
export class RowStore implements ImportStore {
  constructor(
    private readonly database: Database,
    private readonly thread: ImportThread,
    private readonly ownerId: number,
    private readonly onConflict: OnConflict,
  ) {}

  async slice(limit: number): Promise<Stored> {
    const rows = await this.thread.call.rows(0, Math.min(limit, BATCH));
    const { conflicts, ...stored } = await this.database.write(tx => this.#store(tx, rows));
    await this.thread.call.addConflicts(conflicts);
    await this.thread.call.forget(rows[rows.length - 1][0]);
    return stored;
  }

  all<T>(atEnd: AtEnd<T>): Promise<T> {
    return this.database.write(async tx => {
      const total = { created: 0, updated: 0, skipped: 0 };
      const conflicts: number[] = [];
      for (let rows = await this.#next([]); rows.length > 0; rows = await this.#next(rows)) {
        const stored = await this.#store(tx, rows);
        total.created += stored.created;
        total.updated += stored.updated;
        total.skipped += stored.skipped;
        conflicts.push(...stored.conflicts);
      }
      await this.thread.call.addConflicts(conflicts);
      return atEnd(tx, total);
    });
  }

  #next(rows: readonly StagedRow[]): Promise<StagedRow[]> {
    return this.thread.call.rows(rows.at(-1)?.[0] ?? 0, BATCH);
  }

  async #store(
    tx: Transaction,
    rows: readonly StagedRow[],
  ): Promise<Stored & { conflicts: number[] }> {
    const lines = this.#merge(rows);
    const params: Param[] = [this.ownerId, Date.now(), JSON.stringify([...lines.values()])];
    const stored = await tx.all<{ name_key: string; book_key: string; version: number }>(
      storeRowsSql(tx.dialect, this.onConflict),
      params,
    );
    // What was there before had a version of its own to add to.
    const created = stored.filter(row => row.version === lines.get(storedKey(row))!.at(-1)).length;
    if (this.onConflict === 'update') {
      return { created, updated: rows.length - created, skipped: 0, conflicts: [] };
    }
    const left = rows.length - created;
    return this.onConflict === 'skip'
      ? { created, updated: 0, skipped: left, conflicts: [] }
      : { created, updated: 0, skipped: 0, conflicts: left === 0 ? [] : conflictsOf(rows, stored) };
  }

  /**
   * One statement cannot change a row twice: of lines with the same key the last is what would remain, as the
   * version that it would have after all of them.
   */
  #merge(rows: readonly StagedRow[]): Map<string, [...StagedRow, lines: number]> {
    const byKey = new Map<string, [...StagedRow, lines: number]>();
    for (const row of rows) {
      const key = keyOf(row);
      const lines = byKey.get(key)?.at(-1) as number | undefined;
      if (lines === undefined || this.onConflict === 'update') {
        byKey.set(key, [...row, (lines ?? 0) + 1]);
      }
    }
    return byKey;
  }
}

const storedKey = (row: { name_key: string; book_key: string }): string =>
  `${row.name_key}\n${row.book_key}`;

/** The lines whose records were not stored: of those with one key only the first can have been. */
function conflictsOf(
  rows: readonly StagedRow[],
  stored: readonly { name_key: string; book_key: string }[],
): number[] {
  const fresh = new Set(stored.map(storedKey));
  return rows.filter(row => !fresh.delete(keyOf(row))).map(([line]) => line);
}

/** Texts of records hold no line breaks. */
function keyOf([, , , , , nameKey, bookKey]: StagedRow): string {
  return `${nameKey}\n${bookKey}`;
}
