import { Problem } from '../../problems/problem.js';
import { parseStrictJson } from '../../http/strict-json.js';
import { AUTHORS } from '../author.members.js';
import type { AuthorFields } from '../author.members.js';
import { ByteLines, LINE_MAX } from './byte-lines.js';
import type { ByteLine } from './byte-lines.js';
import { readHeader, toRecord } from './csv-header.js';
import type { Columns, CsvHeader } from './csv-header.js';
import { CsvRecords, opensQuote } from './csv-records.js';
import type { CsvLine, CsvRecord } from './csv-records.js';
import { Utf8Bytes } from './utf8-bytes.js';

export type ImportFormat = 'ndjson' | 'csv';

export interface ReadOptions {
  /** The charset of the file, unless a byte order mark shows another. */
  charset?: string;
  columns?: Columns;
  /** What a faulty line does: `abort` stores nothing, `skip` leaves out the line. */
  onError?: 'abort' | 'skip';
}

/** A line of an import: a record, or what is wrong with it. */
export type ImportLine = { line: number; fields: AuthorFields } | ImportFault;

export interface ImportFault {
  line: number;
  detail: string;
  /** The lines after it cannot be read. */
  fatal?: true;
}

/** Reads the records of a file from its bytes. */
export interface RecordReader {
  /** The columns of the file that no field is read from. */
  readonly ignoredColumns: readonly string[];
  read(chunk: Uint8Array): ImportLine[];
  /** The records that the end of the file completes. */
  end(): ImportLine[];
}

/** With `on_error=skip` a line may be this long before its end is given up, with `abort` no longer than a record. */
const ENDLESS = 16 * LINE_MAX;

abstract class LineReader implements RecordReader {
  readonly ignoredColumns: readonly string[] = [];
  protected readonly lines: ByteLines;
  readonly #text: Utf8Bytes;

  constructor(protected readonly options: ReadOptions) {
    this.#text = new Utf8Bytes(options.charset);
    this.lines = new ByteLines(options.onError === 'skip' ? ENDLESS : LINE_MAX);
  }

  protected abstract readLines(lines: readonly CsvLine[]): ImportLine[];

  read(chunk: Uint8Array): ImportLine[] {
    return this.#read(this.lines.push(this.#text.push(chunk)));
  }

  end(): ImportLine[] {
    return this.#read([...this.lines.push(this.#text.end()), ...this.lines.end()]);
  }

  #read(lines: readonly ByteLine[]): ImportLine[] {
    const faults: ImportFault[] = [];
    const good: CsvLine[] = [];
    for (const { line, bytes, fatal } of lines) {
      const detail =
        bytes === undefined ? `is longer than ${LINE_MAX} bytes` : this.#text.fault(bytes);
      if (detail === undefined) {
        good.push({ line, bytes: bytes! });
      } else {
        faults.push({ line, detail, ...(fatal && { fatal }) });
      }
    }
    const read = this.readLines(good);
    return faults.length === 0 ? read : [...read, ...faults].toSorted((a, b) => a.line - b.line);
  }
}

class NdjsonReader extends LineReader {
  protected readLines(lines: readonly CsvLine[]): ImportLine[] {
    return lines
      .filter(({ bytes }) => !bytes.every(isBlank))
      .map(({ line, bytes }) => readJson(line, bytes));
  }
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** Lines before the header: blank, or the type that PowerShell writes. */
const NO_HEADER = /^(?:[\s,;|]|"")*$|^#TYPE\s/;
/** Excel's first line, which names the separator. */
const SEPARATOR_LINE = /^"?sep=([^"\r\n])"?\s*$/i;
const WORKBOOK = /^(?:PK\x03\x04|\xd0\xcf\x11\xe0)/;
/** More lines than a header has. */
const HEADER_LINES = 20;

class CsvReader extends LineReader {
  override ignoredColumns: readonly string[] = [];
  #separators?: readonly string[];
  /** The lines of a header with a quoted cell that is still open. */
  #head: CsvLine[] = [];
  #header?: CsvHeader;
  #records?: CsvRecords;
  #isOver = false;

  override read(chunk: Uint8Array): ImportLine[] {
    return this.#isOver ? [] : super.read(chunk);
  }

  override end(): ImportLine[] {
    const lines = super.end();
    if (this.#isOver) {
      return lines;
    }
    if (this.#header === undefined && this.#head.length > 0) {
      lines.push(...this.#readHeader());
    }
    const last = this.#records?.read([], true) ?? [];
    return this.#header === undefined && !this.#isOver
      ? [...lines, { line: 1, detail: 'has no header', fatal: true }]
      : [...lines, ...this.#readRecords(last)];
  }

  protected readLines(lines: readonly CsvLine[]): ImportLine[] {
    let at = 0;
    while (this.#header === undefined && !this.#isOver && at < lines.length) {
      const faults = this.#readHead(lines[at]);
      at += 1;
      if (faults.length > 0) {
        return faults;
      }
    }
    const rest = at === 0 ? lines : lines.slice(at);
    return this.#records === undefined ? [] : this.#readRecords(this.#records.read(rest));
  }

  #readHead(next: CsvLine): ImportLine[] {
    const text = Buffer.from(next.bytes).toString('latin1');
    const separator = SEPARATOR_LINE.exec(text)?.[1];
    if (this.#head.length === 0 && (separator !== undefined || NO_HEADER.test(text))) {
      this.#separators = separator === undefined ? this.#separators : [separator];
      return [];
    }
    this.#head.push(next);
    const isOpen = this.#head.filter(opensQuote).length % 2 === 1;
    return isOpen && this.#head.length < HEADER_LINES ? [] : this.#readHeader();
  }

  #readHeader(): ImportLine[] {
    const [{ line }] = this.#head;
    const bytes = Buffer.concat(this.#head.map(head => head.bytes));
    const header = WORKBOOK.test(bytes.toString('latin1', 0, 4))
      ? { fault: 'is an Excel workbook: save it as CSV' }
      : readHeader(bytes.toString(), this.options.columns ?? {}, this.#separators);
    if ('fault' in header) {
      this.#isOver = true;
      return [{ line, detail: header.fault, fatal: true }];
    }
    this.#header = header;
    this.ignoredColumns = header.ignored;
    this.#records = new CsvRecords(header.separator, this.lines.isCR);
    return [];
  }

  #readRecords(records: readonly CsvRecord[]): ImportLine[] {
    const header = this.#header!;
    return records.flatMap((record): ImportLine[] => {
      if ('detail' in record) {
        return [record];
      }
      const { line, cells } = record;
      if (cells.every(cell => cell.trim() === '')) {
        return [];
      }
      return cells.length > header.length && cells.slice(header.length).some(cell => cell !== '')
        ? [{ line, detail: `has ${cells.length} cells where the header has ${header.length}` }]
        : [readRecord(line, toRecord(header, cells))];
    });
  }
}

export const RECORD_READERS: Readonly<
  Record<ImportFormat, new (options: ReadOptions) => RecordReader>
> = { ndjson: NdjsonReader, csv: CsvReader };

function readJson(line: number, bytes: Uint8Array): ImportLine {
  try {
    return readRecord(line, parseStrictJson(bytes));
  } catch (error) {
    return { line, detail: error instanceof Problem ? error.detail : 'is not JSON' };
  }
}

/** The record of a line, or its first fault; the rules are those of a single record. */
export function readRecord(line: number, value: unknown): ImportLine {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, detail: 'must be an object' };
  }
  const detail = AUTHORS.recordFault(value as Record<string, unknown>);
  return detail === undefined ? { line, fields: AUTHORS.toWritten(value) } : { line, detail };
}
