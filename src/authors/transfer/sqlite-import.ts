import type SQLite from 'better-sqlite3';
import type { HiddenImport } from './hidden-import.js';
import type { ImportStage, OnConflict } from './import-stage.js';
import type { KnownRecords } from './known-records.js';
import { conflictClause, conflictingLines, lastId } from './import-statements.js';

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
    private readonly hidden: HiddenImport,
    private readonly known: KnownRecords,
    private readonly ownerId: number,
    private readonly onConflict: OnConflict,
  ) {
    this.#move = stage.db.prepare(
      `INSERT INTO main.authors (owner_id, name, book, country, booker_prize, name_key, book_key, words,
         version, created_at, updated_at)
       SELECT $owner, name, book, country, booker_prize, name_key, book_key, words, 1, $now, $now
       FROM temp.staged WHERE line <= $line AND known_id IS NULL ORDER BY line ${conflictClause(onConflict)}`,
    );
  }

  /** One transaction with the first `limit` of the waiting records; undefined while another import has the owner's. */
  slice(limit: number): Stored | undefined {
    const { stage } = this;
    return stage.db
      .transaction(() => {
        if (this.hidden.isOthers) {
          return undefined;
        }
        const line = stage.lineOf(limit);
        const stored = this.#store(line, Math.min(limit, stage.progress.waiting));
        stage.forget(line);
        return stored;
      })
      .immediate();
  }

  /** Stores all that wait, within the open transaction, and shows what is hidden; undefined as in `slice`. */
  all(): Stored | undefined {
    if (this.hidden.isOthers) {
      return undefined;
    }
    this.stage.flush();
    this.hidden.reveal();
    const changed = this.known.change(Date.now());
    const stored = this.#store(Number.MAX_SAFE_INTEGER, this.stage.progress.waiting);
    const { counts } = this.hidden;
    return {
      ...stored,
      created: stored.created + counts.stored,
      updated: stored.updated + changed,
      skipped: stored.skipped + counts.skipped,
    };
  }

  #store(upToLine: number, rows: number): Stored {
    const { db } = this.stage;
    const last = lastId(db);
    const params = { owner: this.ownerId, now: Date.now(), line: upToLine };
    const { changes } = this.#move.run(params);
    const created = db
      .prepare('SELECT count(*) FROM main.authors WHERE owner_id = ? AND id > ?')
      .pluck()
      .get(this.ownerId, last) as number;
    if (this.onConflict === 'error' && rows > created) {
      this.stage.addConflicts(conflictingLines(db, this.ownerId, upToLine, last));
    }
    const skipped = this.onConflict === 'skip' ? rows - changes : 0;
    return { created, updated: changes - created, skipped };
  }
}
