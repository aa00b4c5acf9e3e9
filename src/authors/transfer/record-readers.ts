import { Problem } from '../../problems/problem.js';
import { parseStrictJson } from '../../http/strict-json.js';
import { ByteLines, LINE_MAX } from './byte-lines.js';
import type { ByteLine } from './byte-lines.js';
import { armed, parseCells } from './csv-cells.js';
import { IMPORTED, readRecord, REQUIRED } from './import-line.js';
import type { ImportLine } from './import-line.js';

export type ImportFormat = 'ndjson' | 'csv';

/** Reads the records of a file from its bytes. */
export interface RecordReader {
  read(chunk: Uint8Array): ImportLine[];
  /** The records that the end of the file completes. */
  end(): ImportLine[];
}

abstract class LineReader implements RecordReader {
  readonly #lines = new ByteLines();

  protected abstract readLine(line: ByteLine): ImportLine[];

  read(chunk: Uint8Array): ImportLine[] {
    return this.#lines.push(chunk).flatMap(line => this.readLine(line));
  }

  end(): ImportLine[] {
    return this.#lines.end().flatMap(line => this.readLine(line));
  }
}

export const RECORD_READERS: Readonly<Record<ImportFormat, new () => RecordReader>> = {
  ndjson: class extends LineReader {
    protected readLine({ line, bytes }: ByteLine): ImportLine[] {
      if (bytes === undefined) {
        return [tooLong(line)];
      }
      return isBlank(bytes) ? [] : [readJson(line, bytes)];
    }
  },

  csv: class extends LineReader {
    /** The names in the header. */
    #header?: readonly string[];
    /** The lines of a record with a quoted cell that is still open. */
    #open: { line: number; text: string }[] = [];
    #fatal = false;

    protected readLine(line: ByteLine): ImportLine[] {
      if (this.#fatal) {
        return [];
      }
      const text = decode(line);
      return typeof text === 'string' ? this.#readText({ line: line.line, text }) : [text];
    }

    override end(): ImportLine[] {
      const lines = [...super.end(), ...this.#giveUp()];
      if (this.#header === undefined && !this.#fatal) {
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
      const unknown = cells.find(cell => !IMPORTED.has(cell));
      const missing = REQUIRED.find(name => !cells.includes(name));
      const fault =
        unknown !== undefined
          ? `has the unknown column ${JSON.stringify(unknown.slice(0, 50))}`
          : missing !== undefined
            ? `has no column ${missing}`
            : new Set(cells).size < cells.length && 'has a column twice';
      this.#header = cells;
      this.#fatal = Boolean(fault);
      return fault ? [{ line, detail: fault, fatal: true }] : [];
    }
  },
};

/** A quoted cell of more lines has lost its closing quote. */
const OPEN_LINES = 100;

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode({ line, bytes }: ByteLine): string | ImportLine {
  if (bytes === undefined) {
    return tooLong(line);
  }
  try {
    const text = UTF_8.decode(bytes);
    return line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
  } catch {
    return { line, detail: 'is not valid UTF-8' };
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
    record[name] = name === 'booker_prize' ? toTruth(cells[at]) : armed(cells[at]);
  }
  return record;
}

/** Spreadsheets write TRUE and FALSE in capitals. */
function toTruth(cell: string): boolean | string | undefined {
  const text = cell.toLowerCase();
  return text === '' ? undefined : text === 'true' ? true : text === 'false' ? false : cell;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte === 0x20 || byte === 0x09);
}

function tooLong(line: number): ImportLine {
  return { line, detail: `is longer than ${LINE_MAX} bytes` };
}
