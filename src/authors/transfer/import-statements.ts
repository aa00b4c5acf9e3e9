import type { Dialect } from '../../database/database.types.js';
import { AUTHORS, STORED } from '../author.members.js';

/** What to do with a record whose name and book the owner already has. */
export type OnConflict = 'error' | 'skip' | 'update';

const KEYS = ['name_key', 'book_key'];
const NAMES = STORED.join(', ');
const TARGET = `INSERT INTO authors (owner_id, ${NAMES}, version, created_at, updated_at)`;

/** The staged records: in the worker's own temporary file, where only its import sees them. */
export const CREATE_STAGE = `CREATE TEMP TABLE staged (line INTEGER PRIMARY KEY, ${NAMES})`;

/** Stages the rows of a JSON array. */
export const STAGE_ROWS = `INSERT INTO temp.staged (line, ${NAMES})
  SELECT value ->> 0, ${STORED.map((_, at) => `value ->> ${at + 1}`)} FROM json_each(?)`;

/** At most `?` staged rows after a line. */
export const NEXT_ROWS = `SELECT line, ${NAMES} FROM temp.staged WHERE line > ? ORDER BY line LIMIT ?`;

/** The last line and the number of those rows. */
export const NEXT_LINES = `SELECT max(line) AS line, count(*) AS rows
  FROM (SELECT line FROM temp.staged WHERE line > ? ORDER BY line LIMIT ?)`;

/** SQLite: moves the staged rows up to a line into `authors`. */
export const moveRows = (onConflict: OnConflict): string =>
  `${TARGET} SELECT $owner, ${NAMES}, 1, $now, $now FROM temp.staged
   WHERE line > $after AND line <= $line ORDER BY line ${conflictClause(onConflict)}`;

/** SQLite: the last id that a record was given, even if that record is gone. */
export const LAST_ID =
  "SELECT coalesce(max(seq), 0) FROM main.sqlite_sequence WHERE name = 'authors'";

export const COUNT_NEW = 'SELECT count(*) FROM authors WHERE owner_id = ? AND id > ?';

/** SQLite: staged lines whose record existed before, or is that of an earlier line; each row has their number. */
export const CONFLICTS = `SELECT line, count(*) OVER () AS count FROM (
    SELECT s.line, a.id, row_number() OVER (PARTITION BY s.name_key, s.book_key ORDER BY s.line) AS place
    FROM temp.staged s JOIN authors a
      ON a.owner_id = $owner AND a.name_key = s.name_key AND a.book_key = s.book_key
    WHERE s.line > $after AND s.line <= $line)
  WHERE id <= $lastId OR place > 1 ORDER BY line LIMIT $limit`;

/**
 * Stores the rows of the JSON array `$3` for the owner `$1` at the time `$2`, and returns the stored ones.
 * Each row has its own key, and ends with the number of lines that have it.
 */
export function storeRows(dialect: Dialect, onConflict: OnConflict): string {
  const columns = [...STORED, 'lines'].map((name, at) => {
    const value = `value ->> ${at + 1}`;
    return `${dialect === 'postgres' ? `CAST(${value} AS ${name === 'lines' ? 'bigint' : AUTHORS.columnType(name)})` : value} AS ${name}`;
  });
  const rows = dialect === 'postgres' ? 'json_array_elements($3::json)' : 'json_each($3)';
  return `${TARGET}
    SELECT CAST($1 AS bigint), ${NAMES}, lines, CAST($2 AS bigint), CAST($2 AS bigint)
    FROM (SELECT ${columns.join(', ')} FROM ${rows}) AS source WHERE true ${conflictClause(onConflict)}
    RETURNING name_key, book_key, version`;
}

function conflictClause(onConflict: OnConflict): string {
  const target = `ON CONFLICT (owner_id, ${KEYS.join(', ')})`;
  if (onConflict !== 'update') {
    return `${target} DO NOTHING`;
  }
  const columns = STORED.filter(column => !KEYS.includes(column));
  return `${target} DO UPDATE SET ${columns.map(column => `${column} = excluded.${column}`).join(', ')},
    version = authors.version + excluded.version, updated_at = excluded.updated_at`;
}
