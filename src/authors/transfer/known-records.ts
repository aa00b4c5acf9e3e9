import type { ImportStage } from './import-stage.js';

const MEMBERS = ['name', 'book', 'country', 'booker_prize'] as const;

/**
 * Changes the records of a stage that the owner has already. They are found beforehand, while others write, with what
 * is different in each: then the change itself touches no index of what stays the same.
 */
export class KnownRecords {
  constructor(
    private readonly stage: ImportStage,
    private readonly ownerId: number,
  ) {}

  /** Marks the records that are there, save those that several lines of the file have. */
  find(): void {
    const { db } = this.stage;
    this.stage.flush();
    const bits = MEMBERS.map((member, bit) => `((a.${member} <> s.${member}) << ${bit})`);
    db.prepare(
      `UPDATE temp.staged AS s SET known_id = a.id, known_version = a.version, differs = ${bits.join(' | ')}
       FROM main.authors a
       WHERE a.owner_id = ? AND a.name_key = s.name_key AND a.book_key = s.book_key`,
    ).run(this.ownerId);
    db.exec(
      `UPDATE temp.staged SET known_id = NULL WHERE known_id IN
         (SELECT known_id FROM temp.staged WHERE known_id IS NOT NULL GROUP BY known_id HAVING count(*) > 1)`,
    );
  }

  /** Within a transaction: changes those that were found. Where any was changed since, all of them are found no more. */
  change(now: number): number {
    const { db } = this.stage;
    const { found, same } = db
      .prepare(
        `SELECT count(*) AS found, count(a.id) AS same FROM temp.staged LEFT JOIN main.authors a
           ON a.id = known_id AND a.version = known_version WHERE known_id IS NOT NULL`,
      )
      .get() as { found: number; same: number };
    if (same < found) {
      db.exec('UPDATE temp.staged SET known_id = NULL');
      return 0;
    }
    const kinds = db
      .prepare('SELECT DISTINCT differs FROM temp.staged WHERE known_id IS NOT NULL')
      .pluck()
      .all() as number[];
    for (const differs of kinds) {
      const different = MEMBERS.filter((_, bit) => (differs & (1 << bit)) !== 0);
      const columns = different.length === 0 ? [] : [...different, 'words'];
      const values = columns.map(column => `${column} = s.${column},`).join(' ');
      db.prepare(
        `UPDATE main.authors AS a SET ${values} version = a.version + 1, updated_at = $now
         FROM temp.staged s WHERE a.id = s.known_id AND s.differs = $differs`,
      ).run({ now, differs });
    }
    return found;
  }
}
