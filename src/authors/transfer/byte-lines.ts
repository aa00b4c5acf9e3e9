/** Longer than any line that holds a record, however it is escaped (bytes). */
export const LINE_MAX = 65_536;

/** A line without its end; without bytes when it was too long. */
export interface ByteLine {
  line: number;
  bytes?: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;

/** Cuts a stream of bytes into lines, counted from 1. Holds one line of allowed length at most. */
export class ByteLines {
  #line = 0;
  #rest: Uint8Array = new Uint8Array();
  #isTooLong = false;

  push(chunk: Uint8Array): ByteLine[] {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const lines: ByteLine[] = [];
    let at = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      lines.push(this.#take(bytes.subarray(at, end)));
      at = end + 1;
    }
    this.#isTooLong ||= bytes.length - at > LINE_MAX;
    this.#rest = this.#isTooLong ? new Uint8Array() : bytes.subarray(at);
    return lines;
  }

  /** The last line, when no line end closes it. */
  end(): ByteLine[] {
    return this.#isTooLong || this.#rest.length > 0 ? [this.#take(this.#rest)] : [];
  }

  #take(bytes: Uint8Array): ByteLine {
    const isTooLong = this.#isTooLong || bytes.length > LINE_MAX;
    this.#isTooLong = false;
    this.#line += 1;
    const text = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
    return { line: this.#line, bytes: isTooLong ? undefined : text };
  }
}
