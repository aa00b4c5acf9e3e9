import { parse } from 'csv-parse/sync';
import type { Options } from 'csv-parse/sync';
import { LINE_MAX } from './byte-lines.js';

export interface CsvLine {
  line: number;
  bytes: Uint8Array;
}

/** The cells of a record that begins in this line, or its fault. */
export type CsvRecord = { line: number; cells: string[] } | { line: number; detail: string };

/** A quoted cell of more lines has lost its closing quote. */
const OPEN_LINES = 100;

const QUOTE = 0x22;

const FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'has text after a closing quote',
  INVALID_OPENING_QUOTE: 'has a quote in a cell that does not begin with one',
};

/** The cells of each record, or why they cannot be read. */
export function parseCsv(
  text: Uint8Array | string,
  options: Options,
): { rows: string[][] } | { fault: string } {
  try {
    const input =
      typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.length);
    return { rows: parse(input, { relax_column_count: true, trim: true, ...options }) };
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return { fault: FAULTS[code] ?? message };
  }
}

/** Whether a quoted cell is open after the line, if none was before it. */
export function opensQuote({ bytes }: CsvLine): boolean {
  let isOpen = false;
  for (let at = bytes.indexOf(QUOTE); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    isOpen = !isOpen;
  }
  return isOpen;
}

interface QuoteLine extends CsvLine {
  opens: boolean;
}

/**
 * Reads lines as records with csv-parse. It stops at its first fault, so a block of lines with a fault is read again,
 * one record at a time, and a broken record costs its first line only.
 */
export class CsvRecords {
  readonly #options: Options;
  readonly #lineEnd: string;
  /** The lines of a record with a quoted cell that is still open. */
  #open: QuoteLine[] = [];

  constructor(
    private readonly separator: string,
    isCR: boolean,
  ) {
    this.#lineEnd = isCR ? '\r' : '\n';
    this.#options = { delimiter: separator, record_delimiter: isCR ? ['\r'] : ['\r\n', '\n'] };
  }

  read(more: readonly CsvLine[], isEnd = false): CsvRecord[] {
    const lines = [
      ...this.#open,
      ...more.map(({ line, bytes }) => ({ line, bytes, opens: opensQuote({ line, bytes }) })),
    ];
    const closed = closedLines(lines);
    const records = this.#parse(lines.slice(0, closed));
    this.#open = lines.slice(closed);
    if (records === undefined || isEnd || isTooLong(this.#open)) {
      return this.#byRecord(records === undefined ? lines : this.#open, isEnd, records);
    }
    return records;
  }

  #byRecord(lines: readonly QuoteLine[], isEnd: boolean, before: CsvRecord[] = []): CsvRecord[] {
    const records = [...before];
    let at = 0;
    while (at < lines.length) {
      const length = recordLength(lines, at);
      if (length === undefined && !isEnd && !isTooLong(lines.slice(at))) {
        break;
      }
      const whole = length && this.#parse(lines.slice(at, at + length));
      records.push(...(whole || this.#parseLine(lines[at])));
      at += whole ? length! : 1;
    }
    this.#open = lines.slice(at);
    return records;
  }

  #parseLine(line: QuoteLine): CsvRecord[] {
    const alone = this.#parse([line]);
    if (alone !== undefined) {
      return alone;
    }
    const parsed = parseCsv(line.bytes, this.#options);
    // In tab-separated values, a quote need not mean anything.
    const literal =
      this.separator === '\t' ? parseCsv(line.bytes, { ...this.#options, quote: null }) : parsed;
    return 'rows' in literal
      ? [{ line: line.line, cells: literal.rows[0] }]
      : [{ line: line.line, detail: literal.fault }];
  }

  /** The records of these lines, or undefined if there is a fault. */
  #parse(lines: readonly QuoteLine[]): CsvRecord[] | undefined {
    if (lines.length === 0) {
      return [];
    }
    const parsed = parseCsv(Buffer.concat(lines.map(({ bytes }) => bytes)), this.#options);
    if ('fault' in parsed) {
      return undefined;
    }
    const { rows } = parsed;
    let at = 0;
    return rows.map(cells => {
      const { line } = lines[at];
      at += rows.length === lines.length ? 1 : cells.join().split(this.#lineEnd).length;
      return { line, cells };
    });
  }
}

const isTooLong = (lines: readonly QuoteLine[]): boolean =>
  lines.length >= OPEN_LINES || lines.reduce((sum, { bytes }) => sum + bytes.length, 0) > LINE_MAX;

/** How many lines there are until the last one after which no quoted cell is open. */
function closedLines(lines: readonly QuoteLine[]): number {
  let isOpen = false;
  let closed = 0;
  lines.forEach(({ opens }, at) => {
    isOpen = isOpen !== opens;
    closed = isOpen ? closed : at + 1;
  });
  return closed;
}

/** The number of lines of the record that begins here; undefined if a quoted cell stays open. */
function recordLength(lines: readonly QuoteLine[], from: number): number | undefined {
  const next = lines.slice(from, from + OPEN_LINES);
  let isOpen = false;
  const last = next.findIndex(({ opens }) => {
    isOpen = isOpen !== opens;
    return !isOpen;
  });
  return last < 0 ? undefined : last + 1;
}
