import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account } from '../support/client.js';

const NDJSON = 'application/x-ndjson';
const MEBIBYTE = 1024 * 1024;

const line = (index: number): string =>
  `${JSON.stringify({ name: 'Iris Murdoch', book: `Book ${index}`, country: 'Ireland' })}\n`;
const many = (count: number): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

describe.each(databases())('a hostile client on %s', kind => {
  let app: RunningApp;
  let ada: Account;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  beforeEach(async () => {
    ada = await newAccount(app.url);
  });
  afterAll(() => app.close());

  const upload = (body: string | Uint8Array, type = NDJSON, more = {}) =>
    call(app.url, 'POST', '/authors/import', {
      token: ada.token,
      body,
      headers: { 'content-type': type, ...more },
    });
  const count = async (): Promise<number> =>
    (await call(app.url, 'GET', '/authors', { token: ada.token })).body.list_of_authors.length;
  const open = (type = NDJSON): ClientRequest =>
    httpRequest(`${app.url}/authors/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.token}`, 'content-type': type },
    });

  it.each([
    [NDJSON, line(0)],
    ['text/csv', 'name,book,country\nIris Murdoch,The Bell,Ireland\n'],
  ])('should be refused a line of 50 MB of %s', async (type, head) => {
    const block = Buffer.alloc(MEBIBYTE, 'x');
    function* content(): Generator<string | Buffer> {
      yield head;
      for (let sent = 0; sent < 50; sent += 1) {
        yield block;
      }
    }
    const sending = open(type);
    // The server may answer and hang up before all of it is sent.
    sending.on('error', () => undefined);
    const answered = once(sending, 'response');
    Readable.from(content()).pipe(sending);
    const [response] = await answered;
    response.resume();
    expect(response.statusCode).toBeGreaterThanOrEqual(400);
    expect(response.statusCode).toBeLessThan(500);
    expect(await count()).toBe(0);
  });

  it.each([
    ['an unclosed quote', 'text/csv', Buffer.from('name,book,country\na,b,c\na,"b,c\nd,e,f\n')],
    ['invalid UTF-8', NDJSON, Buffer.concat([Buffer.from(line(0)), Buffer.from([0xc3, 0x28, 10])])],
    ['invalid UTF-8', 'text/csv', Buffer.from('name,book,country\na,b,c\na,\xff,c\n', 'latin1')],
  ])('should be refused %s in %s, with nothing stored', async (_, type, body) => {
    const { status } = await upload(body, type);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(await count()).toBe(0);
  });

  it('should be refused a compressed file', async () => {
    const { status } = await upload(line(0), NDJSON, { 'content-encoding': 'gzip' });
    expect([status, await count()]).toEqual([415, 0]);
  });

  it('should leave nothing behind where it disappears in an import', async () => {
    const sending = open();
    sending.on('error', () => undefined);
    await new Promise(resolve => sending.write(many(5_000), resolve));
    sending.destroy();
    await vi.waitFor(async () => expect((await upload(line(7))).status).toBe(200), 10_000);
    expect(await count()).toBe(1);
  });

  it('should delay no one when a client stops reading an export', async () => {
    expect((await upload(many(20_000))).status).toBe(200);
    const { hostname, port } = new URL(app.url);
    const stalled = connect(Number(port), hostname);
    stalled.write(
      `GET /authors/export?format=ndjson HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ada.token}\r\n\r\n`,
    );
    await once(stalled, 'readable');
    const json = { name: 'Iris Murdoch', book: 'The Sea, the Sea', country: 'Ireland' };
    const post = await call(app.url, 'POST', '/authors', { token: ada.token, json });
    expect(post.status).toBe(201);
    expect(await count()).toBe(100);
    expect((await upload(line(20_001))).status).toBe(200);
    stalled.destroy();
  });
});
