import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { newAccount, upload } from '../support/client.js';
import type { Account } from '../support/client.js';

describe.each(databases())('a thread that ends during an import, on %s', kind => {
  let running: RunningApp;
  let account: Account;

  beforeAll(async () => {
    running = await startApp(kind);
    account = await newAccount(running.url);
  });
  afterAll(() => running?.close());

  test('should fail that import with 503 and no other', async () => {
    const line = JSON.stringify({ name: 'Paul Lynch', book: 'Prophet Song', country: 'Ireland' });
    const type = 'application/x-ndjson';
    process.once('worker', (thread: Worker) => void thread.terminate());
    const { status, headers } = await upload(running.url, account, line, { type });
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect((await upload(running.url, account, line, { type })).status).toBe(200);
  });
});
