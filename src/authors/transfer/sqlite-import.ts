import type SQLite from 'better-sqlite3';
import { conflicts, FAULTS_NAMED } from './import-result.js';
import type { Faults, Stored } from './import-result.js';
import { CONFLICTS, COUNT_NEW, LAST_ID, moveRows, NEXT_LINES } from './import-statements.js';
import type { OnConflict } from './import-statements.js';

/** Moves staged records into `authors`, in the SQLite file that the worker thread has opened. */
export class SqliteImport {
  readonly #move: SQLite.Statement;
  #line = 0;

  constructor(
    private readonly db: SQLite.Database,
    private readonly ownerId: number,
    private readonly onConflict: OnConflict,
  ) {
    this.#move = db.prepare(moveRows(onConflict));
  }

  /** Within the open transaction: moves the next `limit` records, or all that are left. */
  move(limit: number = Number.MAX_SAFE_INTEGER): Stored {
    const after = this.#line;
    const next = this.db.prepare(NEXT_LINES).get(after, limit) as { line: number; rows: number };
    const lastId = this.db.prepare(LAST_ID).pluck().get() as number;
    const moved = { owner: this.ownerId, after, line: next.line };
    const { changes } = this.#move.run({ ...moved, now: Date.now() });
    const created = this.db.prepare(COUNT_NEW).pluck().get(this.ownerId, lastId) as number;
    this.#line = next.line;
    const isComplete = this.onConflict !== 'error' || created === next.rows;
    return {
      created,
      updated: changes - created,
      skipped: this.onConflict === 'skip' ? next.rows - created : 0,
      faults: isComplete ? conflicts([]) : this.#conflicts({ ...moved, lastId }),
    };
  }

  #conflicts(moved: object): Faults {
    const rows = this.db.prepare(CONFLICTS).all({ ...moved, limit: FAULTS_NAMED }) as {
      line: number;
      count: number;
    }[];
    return conflicts(
      rows.map(({ line }) => line),
      rows[0].count,
    );
  }
}
