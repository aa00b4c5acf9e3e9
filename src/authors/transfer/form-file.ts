import { Problem } from '../../problems/problem.js';

/** The one file of a form, while it arrives. */
export interface FormFile {
  fileName: string;
  /** Its media type, as the client says. */
  type: string;
  content: AsyncIterable<Uint8Array>;
}

/** Bytes before the file: of a preamble, or of the fields of a part's header. */
const HEAD_MAX = 8_192;

const BOUNDARY = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i;
const NAME = /;\s*name="?([^";]*)/i;
const FILE_NAME = /;\s*filename\*?=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/i;

/**
 * Reads a `multipart/form-data` body (RFC 7578) up to its file, which the caller then reads. Throws `invalid_request`
 * unless the form has one file and nothing else.
 */
export async function readFormFile(
  mediaType: string,
  body: AsyncIterable<Uint8Array>,
): Promise<FormFile> {
  const [, quoted, plain = quoted] = BOUNDARY.exec(mediaType) ?? [];
  if (plain === undefined) {
    throw malformed('the media type of the form has no boundary');
  }
  const form = new FormBytes(plain, body);
  await form.before(form.delimiter);
  if ((await form.before('\r\n')).toString().trim() !== '') {
    throw malformed('the form has no file');
  }
  const head = (await form.before('\r\n\r\n')).toString();
  const field = (name: string): string =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(head)?.[1].trim() ?? '';
  const disposition = field('content-disposition');
  const [, inQuotes, fileName = inQuotes] = FILE_NAME.exec(disposition) ?? [];
  if (fileName === undefined) {
    const name = JSON.stringify((NAME.exec(disposition)?.[1] ?? '').slice(0, 50));
    throw malformed(`the form has the field ${name}: send one file, and options in the query`);
  }
  return { fileName, type: field('content-type'), content: form.file() };
}

/** The bytes of a form, read as far as they are needed. */
class FormBytes {
  readonly delimiter: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  // The first delimiter has no line end before it.
  #bytes: Buffer = Buffer.from('\r\n');

  constructor(boundary: string, body: AsyncIterable<Uint8Array>) {
    this.delimiter = `\r\n--${boundary}`;
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** The bytes before a mark, which is skipped. */
  async before(mark: string): Promise<Buffer> {
    for (;;) {
      const at = this.#bytes.indexOf(mark, 0, 'latin1');
      if (at > HEAD_MAX || (at < 0 && this.#bytes.length > HEAD_MAX)) {
        throw malformed(`the form has more than ${HEAD_MAX} bytes before its file`);
      }
      if (at >= 0) {
        return this.#take(at, mark.length);
      }
      await this.#more();
    }
  }

  /** The bytes of the file up to the next delimiter; reads the body to its end. */
  async *file(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#bytes.indexOf(this.delimiter, 0, 'latin1');
      const known = at < 0 ? this.#bytes.length - this.delimiter.length + 1 : at;
      if (known > 0) {
        yield this.#take(known, 0);
      }
      if (at >= 0) {
        break;
      }
      await this.#more();
    }
    this.#take(0, this.delimiter.length);
    while (this.#bytes.length < 2) {
      await this.#more();
    }
    if (this.#bytes.toString('latin1', 0, 2) !== '--') {
      throw malformed('the form has more than one part: send one file, and options in the query');
    }
    while ((await this.#chunks.next()).done !== true) {
      // What follows the last delimiter has no meaning.
    }
  }

  #take(length: number, skip: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length + skip);
    return taken;
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done) {
      throw malformed('the form has no end');
    }
    this.#bytes = Buffer.concat([this.#bytes, value]);
  }
}

const malformed = (detail: string): Problem => new Problem('invalid_request', { detail });
