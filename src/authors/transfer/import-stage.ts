import type SQLite from 'better-sqlite3';
import type { Param } from '../../database/database.types.js';
import type { Value } from '../../lists/resource.js';
import { storedValues } from '../author.members.js';
import type { AuthorFields } from '../author.members.js';
import { CONFLICTS, COUNT_NEW, CREATE_STAGE, LAST_ID, moveRows } from './import-statements.js';
import { NEXT_LINES, NEXT_ROWS, STAGE_ROWS } from './import-statements.js';
import type { OnConflict } from './import-statements.js';
import { conflictsOf, ERRORS_NAMED, nothing } from './imported.js';
import type { Imported } from './imported.js';
import { RECORD_READERS } from './record-readers.js';
import type {
  ImportFault,
  ImportFormat,
  ImportLine,
  ReadOptions,
  RecordReader,
} from './record-readers.js';

export interface StageOptions extends ReadOptions {
  ownerId: number;
  format: ImportFormat;
  onConflict: OnConflict;
}

/** A record that waits to be stored: its line, and the values of the columns `STORED`. */
export type StagedRow = [line: number, ...values: Value[]];

/** What a whole file holds: records that wait to be stored, and faults. */
export interface ReadFile extends Imported {
  rows: number;
  /** False when a fault made the lines after it unreadable. */
  isReadable: boolean;
}

/** Rows that one statement stages. */
const BATCH = 500;

/**
 * Reads a file, keeps its records in a temporary table that no other connection sees, and moves them into `authors`
 * when the connection is one to the product's own SQLite file. Runs in a worker thread.
 */
export class ImportStage {
  readonly #reader: RecordReader;
  readonly #file: ReadFile = { ...nothing(), rows: 0, isReadable: true };
  #batch: StagedRow[] = [];
  #movedTo = 0;
  #stagedBytes = 0;

  constructor(
    private readonly db: SQLite.Database,
    private readonly options: StageOptions,
  ) {
    db.pragma('temp_store = FILE');
    db.exec(CREATE_STAGE);
    this.#reader = new RECORD_READERS[options.format](options);
  }

  /** `isReadable` is false when a fault made the lines after it unreadable. */
  read(chunk: Uint8Array): { isReadable: boolean; stagedBytes: number } {
    this.#take(this.#reader.read(chunk));
    return { isReadable: this.#file.isReadable, stagedBytes: this.#stagedBytes };
  }

  finish(): ReadFile {
    if (this.#file.isReadable) {
      this.#take(this.#reader.end());
    }
    this.#flush();
    return { ...this.#file, ignored_columns: [...this.#reader.ignoredColumns] };
  }

  /** At most `limit` rows after a line. */
  rows(afterLine: number, limit: number): StagedRow[] {
    return this.db.prepare(NEXT_ROWS).raw().all(afterLine, limit) as StagedRow[];
  }

  /** One transaction with the next `limit` records, and how long it held the file (milliseconds). */
  slice(limit: number): Imported & { ms: number } {
    this.db.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    const imported = this.#move(limit);
    this.db.exec('COMMIT');
    const ms = performance.now() - began;
    this.#checkpoint();
    return { ...imported, ms };
  }

  /** Begins the last transaction, with all records that are left. */
  rest(): Imported {
    this.db.exec('BEGIN IMMEDIATE');
    return this.#move(Number.MAX_SAFE_INTEGER);
  }

  /** Changes rows in the last transaction; returns how many. */
  run(sql: string, params: readonly Param[]): number {
    // SQLite takes `$1` for a name.
    const named = Object.fromEntries(params.map((value, at) => [`${at + 1}`, value]));
    return this.db.prepare(sql).run(named).changes;
  }

  commit(): void {
    this.db.exec('COMMIT');
    this.#checkpoint();
    // The next write would cut the long log, on the main thread. A reader that still needs it is not waited for.
    this.db.pragma('busy_timeout = 0');
    this.db.pragma('wal_checkpoint(TRUNCATE)');
  }

  #move(limit: number): Imported {
    const { ownerId: owner, onConflict } = this.options;
    const after = this.#movedTo;
    const { line, rows } = this.db.prepare<unknown[], Lines>(NEXT_LINES).get(after, limit)!;
    const lastId = this.db.prepare<[], number>(LAST_ID).pluck().get()!;
    const moved = { owner, after, line };
    const { changes } = this.db.prepare(moveRows(onConflict)).run({ ...moved, now: Date.now() });
    const created = this.db.prepare<unknown[], number>(COUNT_NEW).pluck().get(owner, lastId)!;
    this.#movedTo = line;
    const others = rows - created;
    return {
      ...(onConflict === 'error' && others > 0 ? this.#conflicts({ ...moved, lastId }) : nothing()),
      created,
      updated: changes - created,
      skipped: onConflict === 'skip' ? others : 0,
    };
  }

  #conflicts(moved: object): Imported {
    const conflicts = this.db.prepare<unknown[], { line: number; count: number }>(CONFLICTS);
    const rows = conflicts.all({ ...moved, limit: ERRORS_NAMED });
    return conflictsOf(
      rows.map(({ line }) => line),
      rows[0].count,
    );
  }

  /** At once, or the main thread's next commit would move all of this from the log into the file. */
  #checkpoint(): void {
    this.db.pragma('wal_checkpoint(PASSIVE)');
  }

  #take(lines: readonly ImportLine[]): void {
    for (const read of lines) {
      if ('fields' in read) {
        this.#stage(read.line, read.fields);
      } else {
        this.#addFault(read);
      }
    }
  }

  #stage(line: number, fields: AuthorFields): void {
    this.#file.rows += 1;
    if (this.#batch.push([line, ...storedValues(this.options.ownerId, fields)]) >= BATCH) {
      this.#flush();
    }
  }

  #flush(): void {
    this.db.prepare(STAGE_ROWS).run(JSON.stringify(this.#batch));
    this.#batch = [];
    const size = (of: string): number =>
      this.db.pragma(`temp.page_${of}`, { simple: true }) as number;
    this.#stagedBytes = size('count') * size('size');
  }

  #addFault({ line, detail, fatal }: ImportFault): void {
    this.#file.isReadable &&= fatal !== true;
    this.#file.error_count += 1;
    if (this.#file.errors.length < ERRORS_NAMED) {
      this.#file.errors.push({ line, detail });
    }
  }
}

interface Lines {
  line: number;
  rows: number;
}
