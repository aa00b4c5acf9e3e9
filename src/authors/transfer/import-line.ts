import { firstFault } from '../../http/text.js';
import type { AuthorFields } from '../author.members.js';

/** A line of an import: a record, or what is wrong with it. */
export type ImportLine = { line: number; fields: AuthorFields } | ImportFault;

export interface ImportFault {
  line: number;
  detail: string;
  /** Without this line nothing behind it can be understood. */
  fatal?: true;
}

const TEXTS = ['name', 'book', 'country'] as const;
const RANGE = { min: 1, max: 50 } as const;

/** Members of an exported record that the server gives anew. */
const GIVEN_ANEW = ['id', 'version', 'created_at', 'updated_at'];

/** What a record, or the head of a CSV file, can name. */
export const IMPORTED: ReadonlySet<string> = new Set([...TEXTS, 'booker_prize', ...GIVEN_ANEW]);
export const REQUIRED: readonly string[] = TEXTS;

/** The record of a line, or its first fault; the rules are those of a single record. */
export function readRecord(line: number, value: unknown): ImportLine {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, detail: 'must be an object' };
  }
  const record = value as Record<string, unknown>;
  for (const member in record) {
    if (!IMPORTED.has(member)) {
      return { line, detail: `${JSON.stringify(member.slice(0, 50))} is not known` };
    }
  }
  for (const member of TEXTS) {
    const fault = firstFault(record[member], RANGE);
    if (fault !== undefined) {
      return { line, detail: `${member} ${fault}` };
    }
  }
  const { name, book, country, booker_prize: prize } = record;
  if (prize !== undefined && prize !== null && typeof prize !== 'boolean') {
    return { line, detail: 'booker_prize must be true or false' };
  }
  const fields = { name, book, country, booker_prize: prize ?? false } as AuthorFields;
  return { line, fields };
}
