import type { Dialect } from '../../database/database.types.js';
import type { OnConflict } from './import-stage.js';

const TARGET = 'ON CONFLICT (owner_id, name_key, book_key)';

export function conflictClause(onConflict: OnConflict): string {
  return onConflict === 'update'
    ? `${TARGET} DO UPDATE SET name = excluded.name, book = excluded.book, country = excluded.country,
         booker_prize = excluded.booker_prize, words = excluded.words, version = authors.version + excluded.version,
         updated_at = excluded.updated_at`
    : `${TARGET} DO NOTHING`;
}

/** The staged rows of a JSON array, as a table. */
const SOURCE: Readonly<Record<Dialect, string>> = {
  sqlite: `SELECT value ->> 1 AS name, value ->> 2 AS book, value ->> 3 AS country, value ->> 4 AS booker_prize,
      value ->> 5 AS name_key, value ->> 6 AS book_key, value ->> 7 AS words, value ->> 8 AS lines FROM json_each($3)`,
  postgres: `SELECT value ->> 1 AS name, value ->> 2 AS book, value ->> 3 AS country,
      (value ->> 4)::int = 1 AS booker_prize, value ->> 5 AS name_key, value ->> 6 AS book_key,
      value ->> 7 AS words, (value ->> 8)::bigint AS lines FROM json_array_elements($3::json)`,
};

/**
 * Stores the staged rows of the JSON array `$3` for the owner `$1` at the time `$2`; returns those that it stored.
 * None of them may have the key of another; each ends with the number of lines that it stands for.
 */
export function storeRowsSql(dialect: Dialect, onConflict: OnConflict): string {
  return `INSERT INTO authors (owner_id, name, book, country, booker_prize, name_key, book_key, words,
       version, created_at, updated_at)
     SELECT CAST($1 AS bigint), name, book, country, booker_prize, name_key, book_key, words, lines,
       CAST($2 AS bigint), CAST($2 AS bigint)
     FROM (${SOURCE[dialect]}) AS source WHERE true ${conflictClause(onConflict)}
     RETURNING name_key, book_key, version`;
}
