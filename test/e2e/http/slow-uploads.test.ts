import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { ClientRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';

const CLOCK = ['setTimeout', 'clearTimeout', 'performance'] as const;
const NDJSON = 'application/x-ndjson';

const lines = (stem: string, count: number): string =>
  Array.from(
    { length: count },
    (_, index) =>
      `${JSON.stringify({ name: 'Iris Murdoch', book: `${stem} ${index}`, country: 'Ireland' })}\n`,
  ).join('');

// On SQLite alone: the clock that is turned here is that of PostgreSQL's client, too, whose waits would all end.
describe('an upload on a line that is slow', () => {
  let running: RunningApp;
  let ada: Account;

  beforeAll(async () => {
    running = await startApp('sqlite');
  });
  beforeEach(async () => {
    ada = await newAccount(running.url);
    vi.useFakeTimers({ toFake: [...CLOCK] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  afterAll(() => running.close());

  const open = (query = ''): ClientRequest =>
    httpRequest(`${running.url}/authors/import${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.token}`, 'content-type': NDJSON },
    });
  const count = async (): Promise<number> =>
    (await call(running.url, 'GET', '/authors', { token: ada.token })).body.list_of_authors.length;

  /** Sends a piece, and lets the server have its turn. */
  const send = async (sending: ClientRequest, piece: string): Promise<void> => {
    await new Promise(resolve => sending.write(piece, resolve));
    await call(running.url, 'GET', '/health/live');
    await call(running.url, 'GET', '/health/live');
  };

  test('has all the time that a large file takes', async () => {
    const { ImportService } = await import('#dist/authors/transfer/import.service.js' as string);
    const run = vi.spyOn(running.app.get(ImportService) as { run(): unknown }, 'run');
    const sending = open('?on_error=skip');
    const answered = once(sending, 'response');
    await send(sending, lines('Book', 2_000));
    // Until the import starts to read, the server allows 30 s for the whole body.
    while (run.mock.calls.length === 0) {
      await call(running.url, 'GET', '/health/live');
    }
    for (let piece = 0; piece < 10; piece += 1) {
      await send(sending, lines(`Book ${piece}`, 2_000));
      vi.advanceTimersByTime(10_000);
    }
    sending.end();
    const [response] = await answered;
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(await count()).toBeGreaterThan(0);
  });

  test('gets 408 and leaves nothing behind when it stops for 30 s', async () => {
    const sending = open();
    sending.on('error', () => undefined);
    const answered = once(sending, 'response');
    let isAnswered = false;
    sending.once('response', () => (isAnswered = true));
    await send(sending, lines('Book', 1));
    while (!isAnswered) {
      vi.advanceTimersByTime(1_000);
      await call(running.url, 'GET', '/health/live');
    }
    const [response] = await answered;
    const problem = JSON.parse(await text(response));
    expect(problem).toMatchObject({ status: 408, type: '/problems/request_timeout' });
    expect(response.headers.connection).toBe('close');
    vi.useRealTimers();
    expect(await count()).toBe(0);
    const again = await call(running.url, 'POST', '/authors/import', {
      token: ada.token,
      body: lines('Book', 1),
      headers: { 'content-type': NDJSON },
    });
    expect(again.status).toBe(200);
  });
});
