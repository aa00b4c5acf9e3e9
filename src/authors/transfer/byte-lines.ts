/** Longer than any line that holds a record, however it is escaped (bytes). */
export const LINE_MAX = 65_536;

/** A line without its end; without bytes where it was too long to be kept. */
export interface ByteLine {
  line: number;
  bytes?: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;

/** Cuts a stream of bytes into lines, counted from 1. Holds no more than one line of allowed length. */
export class ByteLines {
  #line = 1;
  #carried: Uint8Array[] = [];
  #length = 0;

  push(chunk: Uint8Array): ByteLine[] {
    const lines: ByteLine[] = [];
    let at = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, at)) {
      this.#carry(chunk.subarray(at, end));
      lines.push(this.#take());
      at = end + 1;
    }
    this.#carry(chunk.subarray(at));
    return lines;
  }

  /** The last line, where no line end closes it. */
  end(): ByteLine[] {
    return this.#length === 0 ? [] : [this.#take()];
  }

  #carry(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > LINE_MAX) {
      this.#carried = [];
    } else if (part.length > 0) {
      this.#carried.push(part);
    }
  }

  #take(): ByteLine {
    const line = this.#line;
    const bytes = this.#length > LINE_MAX ? undefined : withoutCr(joined(this.#carried));
    this.#line += 1;
    this.#carried = [];
    this.#length = 0;
    return { line, bytes };
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

function withoutCr(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
}
