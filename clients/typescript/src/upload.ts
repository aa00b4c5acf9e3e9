import type { NewAuthor, Upload } from './types.js';

/** Records as an NDJSON file; those of an async iterable are read while the file is sent. */
export function ndjson(records: Iterable<NewAuthor>): string;
export function ndjson(records: AsyncIterable<NewAuthor>): AsyncIterable<string>;
export function ndjson(
  records: Iterable<NewAuthor> | AsyncIterable<NewAuthor>,
): string | AsyncIterable<string> {
  return Symbol.iterator in records ? Array.from(records, lineOf).join('') : linesOf(records);
}

const lineOf = (record: NewAuthor): string => `${JSON.stringify(record)}\n`;

async function* linesOf(records: AsyncIterable<NewAuthor>): AsyncGenerator<string> {
  for await (const record of records) {
    yield lineOf(record);
  }
}

/** A body that is read while it is sent, and gone afterwards. */
export function isStream(body: unknown): body is AsyncIterable<Uint8Array | string> {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body instanceof ReadableStream || Symbol.asyncIterator in body)
  );
}

/** What `fetch` takes of an upload. */
export function toBody(upload: Upload): Blob | string | Uint8Array | ReadableStream<Uint8Array> {
  return isStream(upload) && !(upload instanceof ReadableStream) ? streamOf(upload) : upload;
}

function streamOf(source: AsyncIterable<Uint8Array | string>): ReadableStream<Uint8Array> {
  const parts = source[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) {
        controller.close();
      } else {
        controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
      }
    },
    async cancel() {
      await parts.return?.();
    },
  });
}
