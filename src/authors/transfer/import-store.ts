import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/database.js';
import type { Param, Queryable, Transaction } from '../../database/database.types.js';
import type { OnConflict, StagedRow } from './import-stage.js';
import { storeRowsSql } from './import-statements.js';
import type { ImportThread } from './import-thread.js';
import { SliceSize } from './slice-size.js';
import type { Stored } from './sqlite-import.js';

/** What can be done at the end of a transaction that stores records: throw to undo it. */
export type AtEnd<T> = (tx: Writes, stored: Stored) => Promise<T>;

/** The part of a transaction that the end of an import needs. */
export type Writes = Pick<Queryable, 'run'>;

/** Takes the records of an import from its thread into the product's tables. */
export interface ImportStore {
  /** Transactions with some of the records that wait, so short that other writes hardly notice, until a few are left. */
  most(add: (stored: Stored) => void): Promise<void>;
  /** One transaction with all records that wait. */
  all<T>(atEnd: AtEnd<T>): Promise<T>;
}

/** How long (milliseconds) a slice takes: each costs as much again as a thousand records. */
const SLICE_MS = 10;
/** The same for slices of a file that is seen as a whole or not at all, which may hold others up for longer. */
const HIDDEN_MS = 50;
/** So many records go in with the last transaction at most; where there are more, they are stored before it. */
const HIDE_FROM = 2000;
const HIDDEN_ROWS = 10_000;
/** How soon an import looks again whether the owner's other one has ended. */
const AGAIN_MS = 50;

/** SQLite: the thread stores by a connection of its own, while the main thread's writer waits. */
export class ThreadStore implements ImportStore {
  readonly #size = new SliceSize(SLICE_MS, HIDE_FROM);

  constructor(
    private readonly database: Database,
    private readonly thread: ImportThread,
  ) {}

  most(add: (stored: Stored) => void): Promise<void> {
    return this.database.lend(async () => {
      while ((await this.#waiting()) >= this.#size.rows) {
        add(await this.#slice(this.#size, rows => this.thread.call.slice(rows)));
      }
    });
  }

  all<T>(atEnd: AtEnd<T>): Promise<T> {
    return this.database.lend(async () => {
      if ((await this.#waiting()) > HIDE_FROM) {
        await this.#hide();
      }
      return (await this.#inTurn(() => this.#end(atEnd))).result;
    });
  }

  /** The last transaction; undefined while another import has the owner's records. */
  async #end<T>(atEnd: AtEnd<T>): Promise<{ result: T } | undefined> {
    const { call } = this.thread;
    const writes: Writes = { run: (sql, params = []) => call.run(sql, params) };
    await call.begin();
    try {
      const stored = await call.storeAll();
      const done = stored && { result: await atEnd(writes, stored) };
      await (done === undefined ? call.rollback() : call.commit());
      return done;
    } catch (error) {
      await call.rollback();
      throw error;
    }
  }

  async #hide(): Promise<void> {
    const { call } = this.thread;
    await untilDone(async () => (await call.foresee()) || undefined);
    if ((await this.#waiting()) === 0) {
      return;
    }
    await this.#inTurn(async () => (await call.claim()) || undefined);
    const size = new SliceSize(HIDDEN_MS, HIDDEN_ROWS);
    for (let left = size.rows; left > 0;) {
      left = await this.#slice(size, rows => call.hide(rows));
    }
  }

  async #waiting(): Promise<number> {
    return (await this.thread.call.progress()).waiting;
  }

  async #slice<T>(size: SliceSize, store: (rows: number) => Promise<T | undefined>): Promise<T> {
    const result = await this.#inTurn(() => size.time(store));
    await this.database.giveWay();
    return result;
  }

  async #inTurn<T>(work: () => Promise<T | undefined>): Promise<T> {
    const result = await untilDone(() => this.database.exclusive(work));
    // The log begins anew only where all of it is in the file, and nobody has added to it meanwhile. A checkpoint that
    // fails is made up for by the next, whoever makes it.
    await this.database.exclusive(() => this.thread.call.checkpoint()).catch(() => undefined);
    return result;
  }
}

/** Again and again while this gives undefined, because the owner's other import has to end. */
async function untilDone<T>(work: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const result = await work();
    if (result !== undefined) {
      return result;
    }
    await sleep(AGAIN_MS);
  }
}

/** Rows that go to the database in one statement. */
const BATCH = 1000;

/** PostgreSQL, and a database in memory: the rows go through the main thread's own connections. */
export class RowStore implements ImportStore {
  readonly #size = new SliceSize(SLICE_MS, BATCH);

  constructor(
    private readonly database: Database,
    private readonly thread: ImportThread,
    private readonly ownerId: number,
    private readonly onConflict: OnConflict,
  ) {}

  async most(add: (stored: Stored) => void): Promise<void> {
    while ((await this.thread.call.progress()).waiting >= this.#size.rows) {
      add(await this.#slice());
    }
  }

  async #slice(): Promise<Stored> {
    const rows = await this.thread.call.rows(0, this.#size.rows);
    const { conflicts, ...stored } = await this.#size.time(() =>
      this.database.write(tx => this.#store(tx, rows)),
    );
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
