import { Resource } from '../lists/resource.js';
import type { RecordOf, RowOf, Value, WrittenOf } from '../lists/resource.js';
import { uniqueKey } from '../text/fold.js';

const TEXT = {
  type: 'text',
  lines: true,
  written: true,
  listed: true,
  searched: true,
  description: 'white space at both ends is removed',
} as const;

/** The members of an author's record: one line each, from which requests, lists, files and documents are made. */
export const AUTHORS = new Resource('authors', {
  id: { type: 'integer', min: 1, listed: true, example: 7 },
  name: { ...TEXT, min: 1, max: 150, sortedBy: 'name_sort', example: 'Margaret Atwood' },
  book: { ...TEXT, min: 1, max: 300, sortedBy: 'book_sort', example: 'The Testaments' },
  country: { ...TEXT, min: 0, max: 100, default: '', sortedBy: 'country_sort', example: 'Canada' },
  booker_prize: { type: 'boolean', default: false, written: true, listed: true, example: true },
  version: { type: 'integer', min: 1, description: '1 at first, plus 1 with each change' },
  created_at: { type: 'time', listed: true, ranged: true },
  updated_at: { type: 'time', listed: true, ranged: true },
});

type Members = typeof AUTHORS.members;
export type AuthorRow = RowOf<Members>;
export type AuthorFields = WrittenOf<Members>;
export type AuthorRecord = RecordOf<Members>;

/** The columns that follow from what a client writes. */
export const STORED: readonly string[] = [
  ...AUTHORS.written,
  ...AUTHORS.sortColumns,
  'name_key',
  'book_key',
  'words',
];

/** Their values, in the same order. Name and book folded decide what is the same record. */
export function storedValues(ownerId: number, fields: AuthorFields): Value[] {
  return [
    ...AUTHORS.written.map(name => fields[name as keyof AuthorFields]),
    ...AUTHORS.sortKeys(fields),
    uniqueKey(fields.name),
    uniqueKey(fields.book),
    AUTHORS.words(ownerId, fields),
  ];
}
