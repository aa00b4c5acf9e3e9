import type { ImportFault } from './import-line.js';

/** How many faults an answer names. */
export const FAULTS_NAMED = 1000;

/** The faults of a file: how many, and the first of them. */
export interface Faults {
  count: number;
  first: ImportFault[];
}

/** What became of the records of a file. */
export interface Stored {
  created: number;
  updated: number;
  skipped: number;
  faults: Faults;
}

export function nothingStored(faults: Faults = { count: 0, first: [] }): Stored {
  return { created: 0, updated: 0, skipped: 0, faults };
}

export function add(one: Stored, other: Stored): Stored {
  const faults = [...one.faults.first, ...other.faults.first];
  return {
    created: one.created + other.created,
    updated: one.updated + other.updated,
    skipped: one.skipped + other.skipped,
    faults: {
      count: one.faults.count + other.faults.count,
      first: faults.toSorted((a, b) => a.line - b.line).slice(0, FAULTS_NAMED),
    },
  };
}

/** The faults of lines whose record the owner already has. */
export function conflicts(lines: readonly number[], count = lines.length): Faults {
  const detail = 'you already have this book of this author';
  return { count, first: lines.slice(0, FAULTS_NAMED).map(line => ({ line, detail })) };
}
