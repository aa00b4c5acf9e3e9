import { foldText } from '../../http/text.js';
import { AUTHORS } from '../author.members.js';
import { unescapeFormula } from './csv-cells.js';
import { parseCsv } from './csv-records.js';

/** The header of the column that each field is read from; only where they are named outright. */
export type Columns = Readonly<Record<string, string>>;

/** What other programs call a field; the first one that a file has is read. */
export const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  name: ['author', 'authors', 'primary author', 'author name', 'author text'],
  book: ['title', 'book title'],
  country: ['nationality', 'country of birth'],
};

export const SEPARATORS = [',', ';', '\t', '|'] as const;

/** How many headers of a file an answer repeats, and how much of each. */
const NAMED = 50;

/** The columns of a CSV file. */
export interface CsvHeader {
  separator: string;
  length: number;
  /** The place of each field that the file has. */
  places: readonly (readonly [field: string, place: number])[];
  ignored: readonly string[];
}

const plain = (header: string): string => foldText(header.trim()).replace(/[\s_]+/g, ' ');

/** Reads the header with each separator, and takes the one that yields the most fields. */
export function readHeader(
  text: string,
  columns: Columns,
  separators: readonly string[] = SEPARATORS,
): CsvHeader | { fault: string } {
  const [best] = separators
    .flatMap(separator => {
      const parsed = parseCsv(text, { delimiter: separator, record_delimiter: [] });
      return 'rows' in parsed ? [{ separator, cells: parsed.rows[0] ?? [] }] : [];
    })
    .map(({ separator, cells }) => ({ separator, cells, places: findFields(cells, columns) }))
    .toSorted((a, b) => b.places.length - a.places.length || b.cells.length - a.cells.length);
  if (best === undefined) {
    return { fault: 'has a quote that is not closed' };
  }
  const { separator, cells, places } = best;
  const fault = headerFault(cells, places, columns);
  const used = new Set(places.map(([, place]) => place));
  const ignored = cells.filter(
    (cell, place) => cell !== '' && !used.has(place) && !AUTHORS.names.includes(cell.toLowerCase()),
  );
  return fault === undefined ? { separator, length: cells.length, places, ignored } : { fault };
}

/** The places of the fields that these cells name. */
function findFields(cells: readonly string[], columns: Columns): [string, number][] {
  const headers = cells.map(plain);
  const named = Object.entries(columns).map(([field, header]): [string, number] => [
    field,
    headers.indexOf(plain(header)),
  ]);
  const taken = new Set(named.map(([, place]) => place));
  const others = AUTHORS.written
    .filter(field => !Object.hasOwn(columns, field))
    .map((field): [string, number] => {
      const known = [field, ...(SYNONYMS[field] ?? [])].map(name => headers.indexOf(plain(name)));
      return [field, known.find(place => place >= 0 && !taken.has(place)) ?? -1];
    });
  return [...named, ...others].filter(([, place]) => place >= 0);
}

function headerFault(
  cells: readonly string[],
  places: readonly (readonly [string, number])[],
  columns: Columns,
): string | undefined {
  const headers = cells.map(plain);
  const twice = places.find(([, place]) => headers.indexOf(headers[place], place + 1) >= 0);
  if (twice !== undefined) {
    return `has the column ${JSON.stringify(shorten(cells[twice[1]]))} twice`;
  }
  const found = new Set(places.map(([field]) => field));
  const missing = [...new Set([...AUTHORS.required, ...Object.keys(columns)])].filter(
    field => !found.has(field),
  );
  if (missing.length === 0) {
    return undefined;
  }
  const has = cells.filter(cell => cell !== '').slice(0, NAMED);
  const known = AUTHORS.written.map(field => [field, ...(SYNONYMS[field] ?? [])].join(' = '));
  return `has no column for ${missing.join(' and ')}; found: ${has.map(shorten).join(', ')}; known: ${known.join(', ')}; columns=book:HEADER,name:HEADER names others`;
}

const shorten = (text: string): string => (text.length > NAMED ? `${text.slice(0, NAMED)}…` : text);

/** The words for true and false in English, German, French, Spanish, Italian, Portuguese and Dutch, without accents. */
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...'true t yes y 1 wahr ja vrai oui verdadero si vero verdadeiro sim waar'
    .split(' ')
    .map((word): [string, boolean] => [word, true]),
  ...'false f no n 0 falsch nein faux non falso nao onwaar nee'
    .split(' ')
    .map((word): [string, boolean] => [word, false]),
]);

/** The record of these cells, as a client would send it. */
export function toRecord({ places }: CsvHeader, cells: readonly string[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [field, place] of places) {
    const cell = cells[place] ?? '';
    record[field] = AUTHORS.columnType(field) === 'boolean' ? toTruth(cell) : unescapeFormula(cell);
  }
  return record;
}

function toTruth(cell: string): boolean | string | undefined {
  const word = cell.trim();
  return word === '' ? undefined : (TRUTHS.get(foldText(word, { accents: false })) ?? cell);
}
