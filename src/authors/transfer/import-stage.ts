import type SQLite from 'better-sqlite3';
import type { Value } from '../../lists/resource.js';
import { storedValues } from '../author.members.js';
import type { AuthorFields } from '../author.members.js';
import type { ImportLine } from './import-line.js';
import { FAULTS_NAMED } from './import-result.js';
import type { Faults } from './import-result.js';
import { CREATE_STAGE, NEXT_ROWS, STAGE_ROWS } from './import-statements.js';
import { RECORD_READERS } from './record-readers.js';
import type { ImportFormat, RecordReader } from './record-readers.js';

/** A record that waits to be stored: its line, and the values of the columns `STORED`. */
export type StagedRow = [line: number, ...values: Value[]];

/** What a whole file holds. */
export interface ReadFile {
  /** Records that wait to be stored. */
  rows: number;
  faults: Faults;
  /** False when a fault made the lines after it unreadable. */
  isReadable: boolean;
}

/** Rows that one statement stages. */
const BATCH = 500;

/** Reads a file, and keeps its records in a temporary table until they are stored. Runs in a worker thread. */
export class ImportStage {
  readonly #reader: RecordReader;
  readonly #insert: SQLite.Statement;
  readonly #next: SQLite.Statement;
  readonly #file: ReadFile = { rows: 0, faults: { count: 0, first: [] }, isReadable: true };
  #batch: StagedRow[] = [];

  constructor(
    db: SQLite.Database,
    format: ImportFormat,
    private readonly ownerId: number,
  ) {
    db.pragma('temp_store = FILE');
    db.exec(CREATE_STAGE);
    this.#reader = new RECORD_READERS[format]();
    this.#insert = db.prepare(STAGE_ROWS);
    this.#next = db.prepare(NEXT_ROWS).raw();
  }

  read(chunk: Uint8Array): void {
    this.#take(this.#reader.read(chunk));
  }

  finish(): ReadFile {
    this.#take(this.#reader.end());
    this.#flush();
    return this.#file;
  }

  /** At most `limit` rows after a line. */
  rows(afterLine: number, limit: number): StagedRow[] {
    return this.#next.all(afterLine, limit) as StagedRow[];
  }

  #take(lines: readonly ImportLine[]): void {
    for (const read of lines) {
      if (!this.#file.isReadable) {
        return;
      }
      if ('fields' in read) {
        this.#stage(read.line, read.fields);
      } else {
        this.#file.isReadable = read.fatal !== true;
        this.#addFault(read.line, read.detail);
      }
    }
  }

  #stage(line: number, fields: AuthorFields): void {
    this.#file.rows += 1;
    if (this.#batch.push([line, ...storedValues(this.ownerId, fields)]) >= BATCH) {
      this.#flush();
    }
  }

  #flush(): void {
    this.#insert.run(JSON.stringify(this.#batch));
    this.#batch = [];
  }

  #addFault(line: number, detail: string): void {
    const { faults } = this.#file;
    faults.count += 1;
    if (faults.first.length < FAULTS_NAMED) {
      faults.first.push({ line, detail });
    }
  }
}
