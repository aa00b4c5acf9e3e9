import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from '../problems/problem.js';

/** How long a body that is not streamed may take to arrive (milliseconds). */
const WHOLE_MS = 30_000;

/** How long the server waits for a streamed body in all (milliseconds), … */
const STREAM_MS = 30_000;
/** … plus one second for each of these bytes that arrived. */
const STREAM_BYTES_PER_SECOND = 10_000;
/** A fast client may pause for this time, however much it has sent (milliseconds). */
const MOST_CREDIT_MS = 60_000;

const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Ends a request whose body is late with 408. Node's `requestTimeout` is the same for all routes and uploads. */
export function limitBodyTime(instance: FastifyInstance): void {
  instance.addHook('onRequest', async ({ raw }, reply) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
    if (encoding === undefined && (length === undefined || length === '0')) {
      return;
    }
    const stop = (): void => clearTimeout(deadlines.get(raw));
    deadlines.set(raw, setTimeout(() => expire(instance, raw, reply), WHOLE_MS).unref());
    raw.once('end', stop).once('close', stop);
  });
}

function expire({ server }: FastifyInstance, raw: IncomingMessage, reply: FastifyReply): void {
  if (reply.raw.writableEnded) {
    // The request was answered before its body arrived, so the body is of no use.
    raw.socket.destroy();
  } else {
    const error = Object.assign(new Error('the body is late'), {
      code: 'ERR_HTTP_REQUEST_TIMEOUT',
    });
    server.emit('clientError', error, raw.socket);
  }
}

/**
 * Yields a body as it arrives, for any length of time while the client sends 10 kB a second (like `MinRate` of
 * Apache's mod_reqtimeout). Time that the reader takes does not count. Throws the problem `request_timeout`.
 */
export async function* paced(raw: IncomingMessage, body: Readable): AsyncGenerator<Uint8Array> {
  clearTimeout(deadlines.get(raw));
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  let leftMs = STREAM_MS;
  for (;;) {
    const asked = performance.now();
    const { done, value } = await within(leftMs, chunks.next());
    if (done) {
      return;
    }
    const earnedMs = (value.byteLength / STREAM_BYTES_PER_SECOND) * 1000;
    leftMs = Math.min(leftMs - (performance.now() - asked) + earnedMs, MOST_CREDIT_MS);
    yield value;
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = new Problem('request_timeout', { headers: { connection: 'close' } });
    timer = setTimeout(reject, ms, problem).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
