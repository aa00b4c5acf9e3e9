import { AnswerError } from './errors.js';
import type { OperationId } from './types.js';

interface Page {
  data: unknown;
  response: Response;
}

/** A longer line is no record; it would fill the memory. */
const LINE_MAX = 1_000_000;

/** The records of a page and of all that follow it. */
export async function* walk(
  operation: OperationId,
  first: Promise<Page>,
  next: (cursor: string) => Promise<Page>,
): AsyncGenerator<unknown> {
  for (let page = await first, before: unknown; ; page = await next(before as string)) {
    const { next_cursor: cursor, ...rest } = Object(page.data) as Record<string, unknown>;
    const items = Object.values(rest).find(Array.isArray);
    if (
      items === undefined ||
      cursor === before ||
      !(cursor === null || typeof cursor === 'string')
    ) {
      throw new AnswerError(operation, 'the answer is not the next page', page.response);
    }
    yield* items as unknown[];
    if (cursor === null) {
      return;
    }
    before = cursor;
  }
}

/** The records of an NDJSON file, read while it arrives. */
export async function* records(
  operation: OperationId,
  answer: Promise<Page>,
): AsyncGenerator<unknown> {
  const { data, response } = await answer;
  const reader = (data as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (let done = false; !done;) {
      const part = await reader.read().catch((cause: unknown) => cutOff(operation, cause));
      done = part.done;
      const lines = (rest + decoder.decode(part.value, { stream: !done })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        yield recordOf(operation, line, response);
      }
      if (rest.length > LINE_MAX) {
        throw new AnswerError(operation, 'a line is too long', response);
      }
    }
    if (rest !== '') {
      cutOff(operation);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The message of JSON.parse would show the line. */
function recordOf(operation: OperationId, line: string, response: Response): unknown {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    record = undefined;
  }
  if (record !== Object(record)) {
    throw new AnswerError(operation, 'a line is not a record', response);
  }
  return record;
}

function cutOff(operation: OperationId, cause?: unknown): never {
  throw new AnswerError(operation, 'the answer was cut off', undefined, { cause });
}
