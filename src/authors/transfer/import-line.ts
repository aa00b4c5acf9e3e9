import { AUTHORS } from '../author.members.js';
import type { AuthorFields } from '../author.members.js';

/** A line of an import: a record, or what is wrong with it. */
export type ImportLine = { line: number; fields: AuthorFields } | ImportFault;

export interface ImportFault {
  line: number;
  detail: string;
  /** The lines after it cannot be read. */
  fatal?: true;
}

/** The record of a line, or its first fault; the rules are those of a single record. */
export function readRecord(line: number, value: unknown): ImportLine {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, detail: 'must be an object' };
  }
  const detail = AUTHORS.recordFault(value as Record<string, unknown>);
  return detail === undefined ? { line, fields: AUTHORS.toWritten(value) } : { line, detail };
}
