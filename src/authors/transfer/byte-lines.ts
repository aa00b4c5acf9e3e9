/** Longer than any line that holds a record, however it is escaped (bytes). */
export const LINE_MAX = 65_536;

/** A line with its line end; without bytes when it is too long, and `fatal` when its end is not awaited. */
export interface ByteLine {
  line: number;
  bytes?: Uint8Array;
  fatal?: true;
}

const LF = 0x0a;
const CR = 0x0d;
/** DOS programs end a file with Ctrl-Z. */
const CTRL_Z = 0x1a;

/** Cuts a stream of bytes into lines, counted from 1. Holds one line of allowed length at most. */
export class ByteLines {
  #line = 0;
  #rest: Uint8Array = new Uint8Array();
  #lineEnd?: number;
  /** Bytes of a line that is too long, which are not kept. */
  #dropped = 0;

  /** `endless`: give up after this many bytes without a line end. */
  constructor(private readonly endless: number) {}

  /** True if CR alone ends a line (old Mac programs), as the first line shows. */
  get isCR(): boolean {
    return this.#lineEnd === CR;
  }

  push(chunk: Uint8Array): ByteLine[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lineEnd = (this.#lineEnd ??= findLineEnd(bytes));
    const lines: ByteLine[] = [];
    let at = 0;
    if (lineEnd !== undefined) {
      for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, at)) {
        lines.push(this.#take(bytes.subarray(at, end + 1)));
        at = end + 1;
      }
    }
    return [...lines, ...this.#keep(bytes.subarray(at))];
  }

  /** The last line, when no line end closes it. */
  end(): ByteLine[] {
    this.#lineEnd ??= this.#rest.includes(CR) ? CR : LF;
    const lines = this.push(new Uint8Array());
    let length = this.#rest.length;
    while (length > 0 && this.#rest[length - 1] === CTRL_Z) {
      length -= 1;
    }
    const isOpen = this.#dropped > 0 || length > 0;
    return isOpen ? [...lines, this.#take(this.#rest.subarray(0, length))] : lines;
  }

  /** Keeps the bytes of a line whose end has not arrived. */
  #keep(rest: Uint8Array): ByteLine[] {
    const isTooLong = this.#dropped > 0 || rest.length > LINE_MAX;
    this.#dropped += isTooLong ? rest.length : 0;
    this.#rest = isTooLong ? new Uint8Array() : rest;
    return this.#dropped > this.endless ? [{ line: this.#line + 1, fatal: true }] : [];
  }

  #take(bytes: Uint8Array): ByteLine {
    const isTooLong = this.#dropped > 0 || bytes.length > LINE_MAX;
    this.#dropped = 0;
    this.#line += 1;
    return { line: this.#line, bytes: isTooLong ? undefined : bytes };
  }
}

/** The byte that ends lines, or undefined while the bytes do not show it. */
function findLineEnd(bytes: Uint8Array): number | undefined {
  const [cr, lf] = [bytes.indexOf(CR), bytes.indexOf(LF)];
  if (cr >= 0 && cr + 1 < bytes.length && bytes[cr + 1] !== LF && (lf < 0 || cr < lf)) {
    return CR;
  }
  return lf >= 0 ? LF : undefined;
}
