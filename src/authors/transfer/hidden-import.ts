import type SQLite from 'better-sqlite3';
import { HELD_MS, IMPORT_LOST } from './import-claim.js';
import type { ImportStage, OnConflict } from './import-stage.js';
import { conflictingLines, lastId } from './import-statements.js';
import type { KnownRecords } from './known-records.js';

export interface HiddenOptions {
  ownerId: number;
  onConflict: OnConflict;
  /** Names this run of an import. */
  holder: string;
}

/**
 * Stores the records of a stage in slices where nobody sees them: with ids of a range that every statement leaves out
 * until the import ends. Those that the owner has already are left to the last transaction.
 */
export class HiddenImport {
  readonly #insert: SQLite.Statement;
  #claimed = false;
  #firstId = 0;
  #now = 0;
  #line = 0;
  #left = 0;
  #stored = 0;
  #skipped = 0;

  constructor(
    private readonly stage: ImportStage,
    private readonly known: KnownRecords,
    private readonly options: HiddenOptions,
  ) {
    this.#insert = stage.db.prepare(
      `INSERT INTO main.authors (id, owner_id, name, book, country, booker_prize, name_key, book_key, words,
         version, created_at, updated_at)
       SELECT $first + line - 1, $owner, name, book, country, booker_prize, name_key, book_key, words, 1, $now, $now
       FROM temp.staged WHERE line > $after AND line <= $line AND known_id IS NULL ORDER BY line
       ON CONFLICT (owner_id, name_key, book_key) DO NOTHING`,
    );
  }

  /** How many records are hidden now, and how many were left out because the owner has them. */
  get counts(): { stored: number; skipped: number } {
    return { stored: this.#stored, skipped: this.#skipped };
  }

  /** Whether this owner's records are kept from other imports by another one, which has not finished. */
  get isOthers(): boolean {
    const sql = 'SELECT 1 FROM main.pending_imports WHERE owner_id = ? AND holder <> ?';
    const { ownerId, holder } = this.options;
    return this.stage.db.prepare(sql).get(ownerId, holder) !== undefined;
  }

  /**
   * Finds the conflicts that there are already, before anything is stored and while others write; false while another
   * import has the owner's records.
   */
  foresee(): boolean {
    this.stage.flush();
    return this.stage.db.transaction(() => {
      if (this.isOthers) {
        return false;
      }
      if (this.options.onConflict === 'error') {
        this.#refuse();
      } else if (this.options.onConflict === 'update') {
        this.known.find();
      }
      return true;
    })();
  }

  /** Takes ids for all lines of the stage; false while another import has the owner's records. */
  claim(): boolean {
    const { db } = this.stage;
    const lines = this.stage.lineOf(Number.MAX_SAFE_INTEGER);
    return db
      .transaction(() => {
        if (this.isOthers) {
          return false;
        }
        const last = lastId(db);
        this.#claimed = true;
        this.#firstId = last + 1;
        this.#now = Date.now();
        this.#left = this.stage.progress.waiting;
        const { ownerId, holder } = this.options;
        db.prepare(
          `INSERT INTO main.pending_imports (owner_id, first_id, last_id, holder, held_until)
           VALUES (?, ?, ?, ?, ?)`,
        ).run(ownerId, last + 1, last + lines, holder, this.#now + HELD_MS);
        this.#keepIds(last + lines);
        return true;
      })
      .immediate();
  }

  /** One transaction with the next `limit` records; returns how many are left, none where it met a conflict. */
  slice(limit: number): number {
    return this.stage.db.transaction(() => this.#store(limit)).immediate();
  }

  /** Within the last transaction: what was hidden is there. */
  reveal(): void {
    if (this.#claimed) {
      this.#held('DELETE FROM main.pending_imports WHERE owner_id = ? AND holder = ?');
    }
  }

  #store(limit: number): number {
    this.#held(
      'UPDATE main.pending_imports SET held_until = ? WHERE owner_id = ? AND holder = ?',
      Date.now() + HELD_MS,
    );
    const after = this.#line;
    const line = this.stage.lineOf(limit, after);
    const rows = Math.min(limit, this.#left);
    const { changes } = this.#insert.run({
      first: this.#firstId,
      owner: this.options.ownerId,
      now: this.#now,
      after,
      line,
    });
    this.#line = line;
    this.#left -= rows;
    this.#stored += changes;
    if (changes === rows || this.options.onConflict === 'skip') {
      this.#skipped += rows - changes;
      this.#forget('', after, line);
      return this.#left;
    }
    const isStored = 'AND EXISTS (SELECT 1 FROM main.authors a WHERE a.id = $first + line - 1)';
    this.#forget(isStored, after, line);
    if (this.options.onConflict === 'update') {
      return this.#left;
    }
    return this.#refuse();
  }

  /** Nothing more is stored of a file with conflicts; returns how many records are left. */
  #refuse(): number {
    const { stage } = this;
    stage.addConflicts(conflictingLines(stage.db, this.options.ownerId));
    if (stage.faults.count > 0) {
      stage.forget(Number.MAX_SAFE_INTEGER);
    }
    return stage.progress.waiting;
  }

  #forget(which: string, after: number, line: number): void {
    const sql = `DELETE FROM temp.staged WHERE line > $after AND line <= $line ${which}`;
    const params = which === '' ? { after, line } : { after, line, first: this.#firstId };
    this.stage.dropped(this.stage.db.prepare(sql).run(params));
  }

  /** Changes the claim, which a process that took this one for dead may have taken away. */
  #held(sql: string, ...params: number[]): void {
    const { ownerId, holder } = this.options;
    if (this.stage.db.prepare(sql).run(...params, ownerId, holder).changes === 0) {
      throw Object.assign(new Error('the claim is gone'), { code: IMPORT_LOST });
    }
  }

  #keepIds(last: number): void {
    const { db } = this.stage;
    const sql = "UPDATE main.sqlite_sequence SET seq = ? WHERE name = 'authors'";
    if (db.prepare(sql).run(last).changes === 0) {
      db.prepare("INSERT INTO main.sqlite_sequence (name, seq) VALUES ('authors', ?)").run(last);
    }
  }
}
