import { isUtf8 } from 'node:buffer';

const MARKS = [
  { charset: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { charset: 'utf-16le', bytes: [0xff, 0xfe] },
  { charset: 'utf-16be', bytes: [0xfe, 0xff] },
] as const;
const MARK_MAX = 3;

/** What a decoder writes for bytes that are no character. */
const REPLACEMENT = Buffer.from('\ufffd');

/** Whether `Utf8Bytes` can read text in this charset (a label of the WHATWG Encoding Standard). */
export function isCharset(label: string): boolean {
  try {
    return new TextDecoder(label) instanceof TextDecoder;
  } catch {
    return false;
  }
}

/** Converts a stream of bytes to UTF-8, from the charset of its byte order mark or else from the one named. */
export class Utf8Bytes {
  /** Undefined while the file is UTF-8, which is not converted. */
  #decoder?: InstanceType<typeof TextDecoder>;
  #head?: Buffer = Buffer.alloc(0);

  constructor(private charset = 'utf-8') {}

  push(chunk: Uint8Array): Uint8Array {
    if (this.#head === undefined) {
      return this.#decode(chunk, true);
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    return this.#head.length < MARK_MAX ? new Uint8Array() : this.#begin(true);
  }

  end(): Uint8Array {
    return this.#head === undefined ? this.#decode(new Uint8Array(), false) : this.#begin(false);
  }

  /** What is wrong with a line of the result: some of its bytes were no characters. */
  fault(line: Uint8Array): string | undefined {
    const isGood =
      this.#decoder === undefined
        ? isUtf8(line)
        : !Buffer.from(line.buffer, line.byteOffset, line.length).includes(REPLACEMENT);
    return isGood ? undefined : `is not valid ${this.charset.toUpperCase()}`;
  }

  #begin(stream: boolean): Uint8Array {
    const head = this.#head!;
    this.#head = undefined;
    const mark = MARKS.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte));
    this.charset = mark?.charset ?? this.charset;
    // To the Encoding Standard, ASCII is windows-1252.
    if (!/^(utf-?8|(us-)?ascii)$/i.test(this.charset)) {
      this.#decoder = new TextDecoder(this.charset);
    }
    return this.#decode(head.subarray(mark?.bytes.length ?? 0), stream);
  }

  #decode(bytes: Uint8Array, stream: boolean): Uint8Array {
    return this.#decoder === undefined
      ? bytes
      : Buffer.from(this.#decoder.decode(bytes, { stream }));
  }
}
