import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { ServerProcess } from '../../support/process.js';

const MEBIBYTE = 1024 * 1024;
const BLOCK = Buffer.alloc(MEBIBYTE, 'x');

/** What a request may add to the memory of the process at most: OWASP API4 (MiB). */
const ALLOWED = 100;

describe.skipIf(process.platform !== 'linux')('the memory of a server', { timeout: 60_000 }, () => {
  let cwd: string;
  let server: ServerProcess;
  let ada: Account;

  beforeAll(async () => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-memory-'));
    const env = { DATA_DIR: cwd, SECRET_KEY: randomBytes(32).toString('base64') };
    server = await ServerProcess.start({ cwd, env });
    ada = await newAccount(server.url);
    // What a first import loads stays.
    await send('/authors/import', 'application/x-ndjson', ['{}\n']);
  });
  afterAll(async () => {
    await server.stop('SIGKILL');
    rmSync(cwd, { recursive: true, force: true });
  });

  const peak = (): number =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024;

  async function send(
    to: string,
    type: string,
    content: Iterable<string | Buffer>,
  ): Promise<number> {
    const sending = httpRequest(server.url + to, {
      method: 'POST',
      // A new connection: the server closes the previous one after it refused its body.
      agent: false,
      headers: { authorization: `Bearer ${ada.token}`, 'content-type': type },
    });
    // The server may answer and hang up before all of it is sent.
    sending.on('error', () => undefined);
    const answered = once(sending, 'response');
    Readable.from(content).pipe(sending);
    const [response] = await answered;
    response.resume();
    return response.statusCode;
  }

  function* long(head: string, mebibytes: number): Generator<string | Buffer> {
    yield head;
    for (let sent = 0; sent < mebibytes; sent += 1) {
      yield BLOCK;
    }
  }

  function* lines(count: number): Generator<string> {
    for (let index = 0; index < count; index += 1) {
      yield `${JSON.stringify({ name: 'Iris Murdoch', book: `Book ${index}`, country: 'Ireland' })}\n`;
    }
  }

  test.each([
    ['a line of 50 MB of NDJSON', '/authors/import', 'application/x-ndjson', () => long('', 50)],
    [
      'a line of 50 MB of CSV',
      '/authors/import',
      'text/csv',
      () => long('name,book,country\n', 50),
    ],
    [
      'a quoted cell of 50 MB',
      '/authors/import',
      'text/csv',
      () => long('name,book,country\n"', 50),
    ],
    ['a JSON body of 100 MB', '/authors', 'application/json', () => long('{"name":"', 100)],
  ])('is not filled by %s, which is refused', async (_, to, type, content) => {
    const before = peak();
    const status = await send(to, type, content());
    expect([400, 413, 422]).toContain(status);
    expect(peak() - before).toBeLessThan(ALLOWED);
  });

  test('does not grow with the length of a file that is taken in', async () => {
    expect(await send('/authors/import', 'application/x-ndjson', lines(20_000))).toBe(200);
    const before = peak();
    const bob = await newAccount(server.url);
    ada = bob;
    expect(await send('/authors/import', 'application/x-ndjson', lines(100_000))).toBe(200);
    expect(peak() - before).toBeLessThan(ALLOWED);
    const { body } = await call(server.url, 'GET', '/authors?limit=1', { token: bob.token });
    expect(body.list_of_authors).toHaveLength(1);
  });
});
