import { foldText } from '../http/text.js';
import { Resource } from '../lists/resource.js';
import type { RecordOf, RowOf, Value, WrittenOf } from '../lists/resource.js';

const TEXT = {
  type: 'text',
  min: 1,
  max: 50,
  written: true,
  listed: true,
  searched: true,
} as const;

/** The members of an author's record: one line each, from which requests, lists, files and documents are made. */
export const AUTHORS = new Resource('authors', {
  id: { type: 'integer', min: 1, listed: true, example: 7 },
  name: { ...TEXT, example: 'Margaret Atwood' },
  book: { ...TEXT, example: 'The Testaments' },
  country: { ...TEXT, example: 'Canada' },
  booker_prize: { type: 'boolean', default: false, written: true, listed: true, example: true },
  version: { type: 'integer', min: 1, description: 'counts the changes, from 1' },
  created_at: { type: 'time', listed: true },
  updated_at: { type: 'time', listed: true },
});

type Members = typeof AUTHORS.members;
export type AuthorRow = RowOf<Members>;
export type AuthorFields = WrittenOf<Members>;
export type AuthorRecord = RecordOf<Members>;

/** The columns that follow from what a client writes. */
export const STORED: readonly string[] = [...AUTHORS.written, 'name_key', 'book_key', 'words'];

/** Their values, in the same order. Name and book folded decide what is the same record. */
export function storedValues(ownerId: number, fields: AuthorFields): Value[] {
  return [
    ...AUTHORS.written.map(name => fields[name as keyof AuthorFields]),
    foldText(fields.name),
    foldText(fields.book),
    AUTHORS.words(ownerId, fields),
  ];
}
