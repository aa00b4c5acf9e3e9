import type { ImportResponse } from './transfer.dto.js';

/** What became of the lines of a file. */
export type Imported = Omit<ImportResponse, 'message'>;

/** How many faulty lines an answer names. */
export const ERRORS_NAMED = 1000;

export const nothing = (): Imported => ({
  created: 0,
  updated: 0,
  skipped: 0,
  ignored_columns: [],
  errors: [],
  error_count: 0,
});

export function add(one: Imported, other: Imported): Imported {
  const errors = [...one.errors, ...other.errors].toSorted((a, b) => a.line - b.line);
  return {
    created: one.created + other.created,
    updated: one.updated + other.updated,
    skipped: one.skipped + other.skipped,
    ignored_columns: [...one.ignored_columns, ...other.ignored_columns],
    errors: errors.slice(0, ERRORS_NAMED),
    error_count: one.error_count + other.error_count,
  };
}

/** Lines whose record the owner already has. */
export function conflictsOf(lines: readonly number[], count = lines.length): Imported {
  const detail = 'you already have this book of this author';
  const errors = lines.slice(0, ERRORS_NAMED).map(line => ({ line, detail }));
  return { ...nothing(), errors, error_count: count };
}
