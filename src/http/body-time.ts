import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from '../problems/problem.js';

/** A body that is read whole has this long to arrive: 64 kB take no longer on any real line (milliseconds). */
const WHOLE_MS = 30_000;

/** The client of a body that is read as a stream may keep the server waiting so long in all (milliseconds), … */
const STREAM_MS = 30_000;
/** … and a second more for each so many bytes that it has sent. */
const STREAM_BYTES_PER_SECOND = 10_000;
/** A timer that is set for longer ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/**
 * Ends a request with 408 whose body does not arrive in time. Node's own `requestTimeout` is one for all routes, and an
 * upload of any size has no time that fits.
 */
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
    // Refused before its body was there, which nobody waits for any longer.
    raw.socket.destroy();
  } else {
    const error = Object.assign(new Error('the body is late'), {
      code: 'ERR_HTTP_REQUEST_TIMEOUT',
    });
    server.emit('clientError', error, raw.socket);
  }
}

/**
 * A body in the pieces in which it arrives, however long all of it takes, as long as the client keeps up a pace of
 * 10 kB a second (as `MinRate` of Apache's mod_reqtimeout). Time that the reader takes does not count.
 * Throws the problem `request_timeout`.
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
    leftMs = Math.min(leftMs - (performance.now() - asked) + earnedMs, LONGEST_TIMER_MS);
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
