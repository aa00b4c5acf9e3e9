import type { Queryable } from '../database/database.types.js';

/**
 * The condition that leaves out what an import has stored of this owner and not finished. `owner` and `id` are SQL.
 * Both limits are found once for each statement, within its own snapshot.
 */
export function isVisible(owner: string, id = 'id'): string {
  return `${id} NOT BETWEEN ${limitOf('first_id', owner)} AND ${limitOf('last_id', owner)}`;
}

/** No record has the id 0. */
function limitOf(column: string, owner: string): string {
  return `coalesce((SELECT ${column} FROM pending_imports WHERE owner_id = ${owner}), 0)`;
}

/** What an import has stored of an owner and not finished: neighbours in the orders of their ids and of their times. */
export interface HiddenRecords {
  firstId: number;
  lastId: number;
  /** When all of them are said to have been created and changed (epoch milliseconds). */
  storedAt: number;
}

/** What `isVisible` leaves out of this owner's records; undefined where nothing is. */
export async function hiddenRecords(
  on: Pick<Queryable, 'get'>,
  ownerId: number,
): Promise<HiddenRecords | undefined> {
  return on.get<HiddenRecords>(
    `SELECT p.first_id AS "firstId", p.last_id AS "lastId", a.created_at AS "storedAt"
     FROM pending_imports p JOIN authors a ON a.id =
       (SELECT id FROM authors WHERE id BETWEEN p.first_id AND p.last_id ORDER BY id LIMIT 1)
     WHERE p.owner_id = $1`,
    [ownerId],
  );
}
