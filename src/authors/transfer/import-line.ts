import { firstFault } from '../../http/text.js';
import type { AuthorFields } from '../author-row.js';

/** A line of an import: a record, or what is wrong with it. */
export type ImportLine = { line: number; fields: AuthorFields } | ImportFault;

export interface ImportFault {
  line: number;
  detail: string;
  /** The lines after it cannot be read. */
  fatal?: true;
}

const TEXTS = ['name', 'book', 'country'] as const;
const RANGE = { min: 1, max: 50 } as const;

/** The fields that a record or the header of a CSV file may name; the server sets the last four anew. */
export const IMPORTED: ReadonlySet<string> = new Set([
  ...TEXTS,
  'booker_prize',
  ...['id', 'version', 'created_at', 'updated_at'],
]);
export const REQUIRED: readonly string[] = TEXTS;

/** The record of a line, or its first fault; the rules are those of a single record. */
export function readRecord(line: number, value: unknown): ImportLine {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, detail: 'must be an object' };
  }
  const record = value as Record<string, unknown>;
  for (const field in record) {
    if (!IMPORTED.has(field)) {
      return { line, detail: `${JSON.stringify(field.slice(0, 50))} is not known` };
    }
  }
  for (const field of TEXTS) {
    const fault = firstFault(record[field], RANGE);
    if (fault !== undefined) {
      return { line, detail: `${field} ${fault}` };
    }
  }
  const { name, book, country, booker_prize: prize } = record;
  if (prize !== undefined && prize !== null && typeof prize !== 'boolean') {
    return { line, detail: 'booker_prize must be true or false' };
  }
  const fields = { name, book, country, bookerPrize: prize ?? false } as AuthorFields;
  return { line, fields };
}
