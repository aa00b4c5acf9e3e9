import { createHash } from 'node:crypto';

/** Digests the body of an upload while it is read. */
export class HashedBody implements AsyncIterable<Uint8Array> {
  readonly #hash;
  readonly #chunks: AsyncGenerator<Uint8Array>;
  #isRead = false;

  constructor(query: string, content: AsyncIterable<Uint8Array>) {
    this.#hash = createHash('sha256').update(`${query}\n`);
    this.#chunks = this.#read(content);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#chunks;
  }

  /** The whole body has been read. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** The digest of query and body; reads what is left of the body. */
  async digest(): Promise<string> {
    for await (const _ of this.#chunks) {
      // Reading updates the digest.
    }
    return this.#hash.copy().digest('base64url');
  }

  async *#read(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.#hash.update(chunk);
      yield chunk;
    }
    this.#isRead = true;
  }
}

/** The digest of a JSON body, whatever the order of its keys. */
export function digestOf(body: unknown): string {
  const sorted = JSON.stringify(body ?? null, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  );
  return createHash('sha256').update(sorted).digest('base64url');
}
