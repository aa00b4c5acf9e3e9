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
export function isStream(
  body: unknown,
): body is ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string> {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body instanceof ReadableStream || Symbol.asyncIterator in body)
  );
}

/** A body for one attempt. */
export interface Sending {
  body: Blob | string | Uint8Array | ReadableStream<Uint8Array> | undefined;
  /** Ends a stream that has not been read to its end: Node's `fetch` reads on after a failure. */
  stop(): void;
}

export function sendingOf(upload: Upload | undefined): Sending {
  return isStream(upload) ? streamOf(partsOf(upload)) : { body: upload, stop: () => undefined };
}

type Parts = Pick<AsyncIterator<Uint8Array | string>, 'next' | 'return'>;

/** Not every browser can iterate over a stream. */
function partsOf(source: Exclude<Upload, Blob | string | Uint8Array>): Parts {
  if (!(source instanceof ReadableStream)) {
    return source[Symbol.asyncIterator]();
  }
  const reader = source.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    return: async () => ({ done: true, value: await reader.cancel() }),
  };
}

function streamOf(parts: Parts): Sending {
  const encoder = new TextEncoder();
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    parts.return?.().catch(() => undefined);
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (isStopped) {
        controller.error(new Error('the request has ended'));
      } else if (done) {
        controller.close();
      } else {
        controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
      }
    },
    cancel: stop,
  });
  return { body, stop };
}
