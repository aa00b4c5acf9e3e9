import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paced } from './body-time.js';

describe('paced', () => {
  let body: PassThrough;
  let chunks: AsyncGenerator<Uint8Array>;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    body = new PassThrough({ objectMode: true });
    chunks = paced(body as unknown as IncomingMessage, body);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** One chunk, for which the reader has to wait so long. */
  async function read(byteLength: number, waitMs: number): Promise<unknown> {
    const next = chunks.next();
    next.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(waitMs);
    body.write({ byteLength });
    return (await next).value;
  }
  const late = { code: 'request_timeout', headers: { connection: 'close' } };

  it('should wait 30 s in all for a client that sends nothing to speak of', async () => {
    await read(1, 15_000);
    await read(1, 14_999);
    await expect(read(1, 2)).rejects.toMatchObject(late);
  });

  it('should wait a second more for each 10 kB', async () => {
    await read(100_000, 29_999);
    await read(1, 10_000);
    await expect(read(1, 2)).rejects.toMatchObject(late);
  });

  it('should not count the time that the reader takes', async () => {
    await read(1, 29_000);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await read(2, 900)).toEqual({ byteLength: 2 });
  });

  it('should save up at most 60 s, however much the client has sent', async () => {
    await read(1e12, 0);
    expect(await read(1, 59_999)).toEqual({ byteLength: 1 });
    await expect(read(1, 2)).rejects.toMatchObject(late);
  });

  it('should take a file of any size', async () => {
    for (let sent = 0; sent < 1e12; sent += 1e11) {
      await read(1e11, 29_000);
    }
  });

  it('should end with the body', async () => {
    body.end();
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });
});
