import { Problem } from '../../problems/problem.js';
import { parseStrictJson } from '../../http/strict-json.js';
import { ByteLines, LINE_MAX } from './byte-lines.js';
import type { ByteLine } from './byte-lines.js';
import { parseCells, unescapeFormula } from './csv-cells.js';
import { AUTHORS } from '../author.members.js';
import type { AuthorFields } from '../author.members.js';

export type ImportFormat = 'ndjson' | 'csv';

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
  read(chunk: Uint8Array): ImportLine[];
  /** The records that the end of the file completes. */
  end(): ImportLine[];
}

abstract class LineReader implements RecordReader {
  readonly #lines = new ByteLines();

  protected abstract readLine(line: number, bytes: Uint8Array): ImportLine[];

  read(chunk: Uint8Array): ImportLine[] {
    return this.#readLines(this.#lines.push(chunk));
  }

  end(): ImportLine[] {
    return this.#readLines(this.#lines.end());
  }

  #readLines(lines: readonly ByteLine[]): ImportLine[] {
    return lines.flatMap(({ line, bytes }) =>
      bytes === undefined
        ? [{ line, detail: `is longer than ${LINE_MAX} bytes` }]
        : this.readLine(line, bytes),
    );
  }
}

export const RECORD_READERS: Readonly<Record<ImportFormat, new () => RecordReader>> = {
  ndjson: class extends LineReader {
    protected readLine(line: number, bytes: Uint8Array): ImportLine[] {
      const isBlank = bytes.every(byte => byte === 0x20 || byte === 0x09);
      return isBlank ? [] : [readJson(line, bytes)];
    }
  },

  csv: class extends LineReader {
    /** The names in the header. */
    #header?: readonly string[];
    /** The lines of a record with a quoted cell that is still open. */
    #open: { line: number; text: string }[] = [];
    #isOver = false;

    protected readLine(line: number, bytes: Uint8Array): ImportLine[] {
      const text = this.#isOver ? '' : decode(line, bytes);
      return text === undefined
        ? [{ line, detail: 'is not valid UTF-8' }]
        : this.#readText({ line, text });
    }

    override end(): ImportLine[] {
      const lines = [...super.end(), ...this.#giveUp()];
      if (this.#header === undefined) {
        lines.push({ line: 1, detail: 'has no header', fatal: true });
      }
      return lines;
    }

    #readText(next: { line: number; text: string }): ImportLine[] {
      this.#open.push(next);
      const [first] = this.#open;
      const text = this.#open.map(({ text: part }) => part).join('\n');
      const parsed = parseCells(text);
      if (parsed === 'open') {
        return this.#open.length >= OPEN_LINES || text.length > LINE_MAX ? this.#giveUp() : [];
      }
      if ('fault' in parsed) {
        return this.#giveUp(parsed.fault);
      }
      this.#open = [];
      return this.#readCells(first.line, parsed.cells);
    }

    /** The fault of a broken record belongs to its first line; the lines after it are read again. */
    #giveUp(fault = 'has a quote that is not closed'): ImportLine[] {
      const [first, ...rest] = this.#open;
      this.#open = [];
      return first === undefined
        ? []
        : [{ line: first.line, detail: fault }, ...rest.flatMap(next => this.#readText(next))];
    }

    #readCells(line: number, cells: readonly string[]): ImportLine[] {
      if (cells.length === 1 && cells[0] === '') {
        return [];
      }
      if (this.#header === undefined) {
        return this.#readHeader(line, cells);
      }
      const { length } = this.#header;
      if (cells.length !== length) {
        return [{ line, detail: `has ${cells.length} cells where the header has ${length}` }];
      }
      return [readRecord(line, toRecord(this.#header, cells))];
    }

    #readHeader(line: number, cells: readonly string[]): ImportLine[] {
      const unknown = cells.find(cell => !AUTHORS.names.includes(cell));
      const missing = AUTHORS.required.find(name => !cells.includes(name));
      const fault =
        unknown !== undefined
          ? `has the unknown column ${JSON.stringify(unknown.slice(0, 50))}`
          : missing !== undefined
            ? `has no column ${missing}`
            : new Set(cells).size < cells.length && 'has a column twice';
      this.#header = cells;
      this.#isOver = Boolean(fault);
      return fault ? [{ line, detail: fault, fatal: true }] : [];
    }
  },
};

/** A quoted cell of more lines has lost its closing quote. */
const OPEN_LINES = 100;

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(line: number, bytes: Uint8Array): string | undefined {
  try {
    const text = UTF_8.decode(bytes);
    return line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
  } catch {
    return undefined;
  }
}

function readJson(line: number, bytes: Uint8Array): ImportLine {
  try {
    return readRecord(line, parseStrictJson(bytes));
  } catch (error) {
    return { line, detail: error instanceof Problem ? error.detail : 'is not JSON' };
  }
}

function toRecord(header: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (let at = 0; at < header.length; at += 1) {
    const name = header[at];
    record[name] =
      AUTHORS.columnType(name) === 'boolean' ? toTruth(cells[at]) : unescapeFormula(cells[at]);
  }
  return record;
}

/** Spreadsheets write TRUE and FALSE in capitals. */
function toTruth(cell: string): boolean | string | undefined {
  const text = cell.toLowerCase();
  return text === '' ? undefined : text === 'true' ? true : text === 'false' ? false : cell;
}

/** The record of a line, or its first fault; the rules are those of a single record. */
export function readRecord(line: number, value: unknown): ImportLine {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, detail: 'must be an object' };
  }
  const detail = AUTHORS.recordFault(value as Record<string, unknown>);
  return detail === undefined ? { line, fields: AUTHORS.toWritten(value) } : { line, detail };
}
