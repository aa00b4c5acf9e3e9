import SQLite from 'better-sqlite3';
import { foldText } from '../../http/text.js';
import type { AuthorFields } from '../author-row.js';
import { recordWords } from '../search-words.js';
import { ByteLines } from './byte-lines.js';
import type { ByteLine } from './byte-lines.js';
import type { ImportFault, ImportLine } from './import-line.js';
import { LINE_READERS } from './line-readers.js';
import type { ImportFormat, LineReader } from './line-readers.js';

/** What an import meets a record with whose owner has the same name and book. */
export type OnConflict = 'error' | 'skip' | 'update';

export interface StageOptions {
  format: ImportFormat;
  ownerId: number;
}

/** A record that waits to be stored, with all that is stored of it. */
export type StagedRow = [
  line: number,
  name: string,
  book: string,
  country: string,
  bookerPrize: boolean,
  nameKey: string,
  bookKey: string,
  words: string,
];

/** How far an import has come. */
export interface Progress {
  /** Records that wait to be stored. */
  waiting: number;
  faults: number;
  /** Nothing more can be read. */
  stopped: boolean;
}

export interface Faults {
  count: number;
  /** The first of them, by line. */
  first: ImportFault[];
}

export const FAULTS_TOLD = 1000;

/** Rows that go into the temporary table together. */
const BATCH = 500;

const COLUMNS = 'line, name, book, country, booker_prize, name_key, book_key, words';

/**
 * Reads a file and keeps its records in a temporary table, on disk where they are many, until they are stored.
 * Synchronous and for one import: it lives in a thread of its own.
 */
export class ImportStage {
  readonly #lines = new ByteLines();
  readonly #reader: LineReader;
  readonly #ownerId: number;
  readonly #faults: ImportFault[] = [];
  readonly #insert: SQLite.Statement;
  #faultCount = 0;
  #batch: StagedRow[] = [];
  #waiting = 0;
  #stopped = false;

  constructor(
    readonly db: SQLite.Database,
    { format, ownerId }: StageOptions,
  ) {
    this.#reader = new LINE_READERS[format]();
    this.#ownerId = ownerId;
    db.pragma('temp_store = FILE');
    db.exec(`CREATE TEMP TABLE staged (line INTEGER PRIMARY KEY, name TEXT, book TEXT, country TEXT,
      booker_prize INTEGER, name_key TEXT, book_key TEXT, words TEXT)`);
    const cells = [0, 1, 2, 3, 4, 5, 6, 7].map(place => `value ->> ${place}`);
    this.#insert = db.prepare(
      `INSERT INTO temp.staged (${COLUMNS}) SELECT ${cells.join(', ')} FROM json_each(?)`,
    );
  }

  read(chunk: Uint8Array): Progress {
    this.#readLines(this.#lines.push(chunk));
    return this.progress;
  }

  finish(): Progress {
    this.#readLines(this.#lines.end());
    this.#note(this.#stopped ? [] : this.#reader.end());
    this.flush();
    return this.progress;
  }

  get progress(): Progress {
    return { waiting: this.#waiting, faults: this.#faultCount, stopped: this.#stopped };
  }

  get faults(): Faults {
    return { count: this.#faultCount, first: this.#faults.sort((a, b) => a.line - b.line) };
  }

  /** Notes lines whose records the owner has already. */
  addConflicts(lines: Iterable<number>): void {
    for (const line of lines) {
      this.#addFault(line, 'you already have this book of this author');
    }
  }

  #addFault(line: number, detail: string): void {
    this.#faultCount += 1;
    if (this.#faults.length < FAULTS_TOLD) {
      this.#faults.push({ line, detail });
    }
  }

  /** The line of the last of the first `limit` rows that wait, or of the last one; 0 where none does. */
  lineOf(limit: number): number {
    this.flush();
    const sql = 'SELECT max(line) FROM (SELECT line FROM temp.staged ORDER BY line LIMIT ?)';
    return (this.db.prepare(sql).pluck().get(limit) as number | null) ?? 0;
  }

  /** The rows that wait behind this line, in the order of their lines. */
  rows(afterLine: number, limit: number): StagedRow[] {
    this.flush();
    return this.db
      .prepare(`SELECT ${COLUMNS} FROM temp.staged WHERE line > ? ORDER BY line LIMIT ?`)
      .raw()
      .all(afterLine, limit) as StagedRow[];
  }

  /** Drops the rows up to this line; returns how many those were. */
  forget(upToLine: number): number {
    const { changes } = this.db.prepare('DELETE FROM temp.staged WHERE line <= ?').run(upToLine);
    this.#waiting -= changes;
    return changes;
  }

  flush(): void {
    if (this.#batch.length > 0) {
      this.#insert.run(JSON.stringify(this.#batch));
      this.#batch = [];
    }
  }

  #readLines(lines: readonly ByteLine[]): void {
    for (const line of lines) {
      if (this.#stopped) {
        return;
      }
      this.#note(this.#reader.read(line));
    }
  }

  #note(lines: readonly ImportLine[]): void {
    for (const read of lines) {
      if ('fields' in read) {
        this.#keep(read.line, read.fields);
      } else {
        this.#addFault(read.line, read.detail);
        this.#stopped ||= read.fatal === true;
      }
    }
  }

  #keep(line: number, fields: AuthorFields): void {
    const { name, book, country, bookerPrize } = fields;
    const keys = [foldText(name), foldText(book), recordWords(this.#ownerId, fields)] as const;
    this.#waiting += 1;
    if (this.#batch.push([line, name, book, country, bookerPrize, ...keys]) >= BATCH) {
      this.flush();
    }
  }
}
