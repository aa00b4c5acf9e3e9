import type SQLite from 'better-sqlite3';
import type { ImportStage, OnConflict } from './import-stage.js';
import { conflictClause } from './import-statements.js';

/** What became of stored lines. */
export interface Stored {
  created: number;
  updated: number;
  skipped: number;
}

/**
 * Moves the records of a stage into the product's tables, on the stage's own connection to the same file.
 * The main thread keeps its writer out of the file meanwhile.
 */
export class SqliteImport {
  readonly #move: SQLite.Statement;

  constructor(
    private readonly stage: ImportStage,
    private readonly ownerId: number,
    private readonly onConflict: OnConflict,
  ) {
    this.#move = stage.db.prepare(
      `INSERT INTO main.authors (owner_id, name, book, country, booker_prize, name_key, book_key, words,
         version, created_at, updated_at)
       SELECT $owner, name, book, country, booker_prize, name_key, book_key, words, 1, $now, $now
       FROM temp.staged WHERE line <= $line ORDER BY line ${conflictClause(onConflict)}`,
    );
  }

  /** One transaction with the first `limit` of the waiting records. */
  slice(limit: number): Stored {
    const { stage } = this;
    return stage.db
      .transaction(() => {
        const line = stage.lineOf(limit);
        const stored = this.#store(line, Math.min(limit, stage.progress.waiting));
        stage.forget(line);
        return stored;
      })
      .immediate();
  }

  /** Stores all that wait, within the open transaction. */
  all(): Stored {
    this.stage.flush();
    return this.#store(Number.MAX_SAFE_INTEGER, this.stage.progress.waiting);
  }

  #store(upToLine: number, rows: number): Stored {
    const { db } = this.stage;
    const last = db
      .prepare("SELECT coalesce(max(seq), 0) FROM main.sqlite_sequence WHERE name = 'authors'")
      .pluck()
      .get() as number;
    const params = { owner: this.ownerId, now: Date.now(), line: upToLine };
    const { changes } = this.#move.run(params);
    const created = db
      .prepare('SELECT count(*) FROM main.authors WHERE owner_id = ? AND id > ?')
      .pluck()
      .get(this.ownerId, last) as number;
    if (this.onConflict === 'error' && rows > created) {
      this.#noteConflicts(upToLine, last);
    }
    const skipped = this.onConflict === 'skip' ? rows - changes : 0;
    return { created, updated: changes - created, skipped };
  }

  /** A line is at fault whose record was there before, or is that of an earlier line. */
  #noteConflicts(upToLine: number, lastId: number): void {
    const lines = this.stage.db
      .prepare(
        `SELECT line FROM (
           SELECT s.line, a.id, row_number() OVER (PARTITION BY s.name_key, s.book_key ORDER BY s.line) AS place
           FROM temp.staged s JOIN main.authors a
             ON a.owner_id = ? AND a.name_key = s.name_key AND a.book_key = s.book_key
           WHERE s.line <= ?)
         WHERE id <= ? OR place > 1 ORDER BY line`,
      )
      .pluck()
      .iterate(this.ownerId, upToLine, lastId) as IterableIterator<number>;
    this.stage.addConflicts(lines);
  }
}
