import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import { sendRaw } from '../../support/raw.js';

const HOST = 'Host: x\r\n';
const MEGABYTE = 'x'.repeat(1024 * 1024);

/** Sends all of a body before it reads anything, as many clients do; returns the status, or the error. */
function sendThenRead(url: string, head: string, megabytes: number): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise(resolve => {
    let received = '';
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.pause();
    socket.on('error', ({ message }) => resolve(message));
    socket.on('data', chunk => (received += chunk.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(received.split(' ')[1] ?? 'no answer'));
    socket.write(head);
    let left = megabytes;
    const next = (): void => {
      left -= 1;
      socket.write(MEGABYTE, () => (left > 0 ? next() : socket.resume()));
    };
    next();
  });
}

describe('an answer that the header section decides', () => {
  let running: RunningApp;
  let url: string;
  let token: string;

  beforeAll(async () => {
    running = await startApp('sqlite');
    url = running.url;
    ({ token } = await newAccount(url));
  });
  afterAll(() => running.close());

  const auth = () => `Authorization: Bearer ${token}\r\n`;
  const JSON_TYPE = 'Content-Type: application/json\r\n';

  /** Route, whether with a token, further fields, status. */
  const DECIDED: [route: string, withToken: boolean, fields: string, status: number][] = [
    ['POST /author', true, JSON_TYPE, 413],
    ['POST /author', false, 'Content-Type: text/plain\r\n', 415],
    ['POST /author', true, `${JSON_TYPE}Content-Encoding: gzip\r\n`, 415],
    ['POST /authors/import', false, 'Content-Type: text/csv\r\n', 401],
    ['POST /authors/import', true, 'Content-Type: text/plain\r\n', 415],
    ['POST /authors/import?x=1', true, 'Content-Type: text/csv\r\n', 400],
    ['POST /nothing', true, JSON_TYPE, 404],
    ['PUT /authors', true, JSON_TYPE, 405],
  ];

  test.each(DECIDED)(
    '%s (token: %s, %j) arrives with a body of 5 MB',
    async (route, withToken, fields, status) => {
      const head = `${route} HTTP/1.1\r\n${HOST}${withToken ? auth() : ''}${fields}`;
      for (let round = 0; round < 5; round++) {
        const answer = await sendThenRead(
          url,
          `${head}Content-Length: ${5 * MEGABYTE.length}\r\n\r\n`,
          5,
        );
        expect(answer).toBe(String(status));
      }
    },
  );

  test('422 of an import arrives while the file is still being sent', async () => {
    const head = `POST /authors/import HTTP/1.1\r\n${HOST}${auth()}Connection: close\r\nContent-Type: text/csv\r\n`;
    const start = `${head}Content-Length: ${5 * MEGABYTE.length + 11}\r\n\r\nno,columns\n`;
    expect(await sendThenRead(url, start, 5)).toBe('422');
  });

  test('413 arrives for a chunked body, whose length nobody knows before', async () => {
    const head = `POST /author HTTP/1.1\r\n${HOST}${auth()}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n500000\r\n`;
    expect(await sendThenRead(url, head, 5)).toBe('413');
  });

  test.each(DECIDED)(
    '%s (token: %s, %j) is not asked for its body',
    async (route, withToken, fields, status) => {
      const head = `${route} HTTP/1.1\r\n${HOST}${withToken ? auth() : ''}${fields}Expect: 100-continue\r\n`;
      const answer = await sendRaw(url, `${head}Content-Length: 5000000\r\n\r\n`);
      expect(answer.status).toBe(status);
    },
  );

  test.each([
    'POST /author',
    'PUT /authors/1',
    'PATCH /authors/1',
    'DELETE /users/me',
    'POST /tokens',
  ])('%s without a token is not asked for its body', async route => {
    const head = `${route} HTTP/1.1\r\n${HOST}${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`;
    expect((await sendRaw(url, head)).status).toBe(401);
  });

  test.each([
    ['GET /health/live', 200],
    ['HEAD /health/live', 200],
    ['OPTIONS /authors', 204],
    ['GET /authors', 401],
    ['GET /nothing', 404],
  ])('%s is the last of its connection if its body has not arrived', async (route, status) => {
    const head = `${route} HTTP/1.1\r\n${HOST}`;
    for (const length of ['Content-Length: 5000000', 'Transfer-Encoding: chunked']) {
      const answer = await sendRaw(url, `${head}${length}\r\n\r\n`);
      expect([answer.status, answer.headers.connection]).toEqual([status, 'close']);
    }
  });

  test('a short body does not cost the connection', async () => {
    const { hostname, port } = new URL(url);
    const answers = await new Promise<string>(resolve => {
      let received = '';
      const socket = connect(Number(port), hostname);
      socket.on('data', chunk => (received += chunk.toString()));
      socket.on('close', () => resolve(received));
      const body = `${HOST}${JSON_TYPE}Content-Length: 2\r\n\r\n{}`;
      socket.write(
        `POST /nothing HTTP/1.1\r\n${body}POST /author HTTP/1.1\r\nConnection: close\r\n${body}`,
      );
    });
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '404',
      '401',
    ]);
  });

  test('a client that goes on sending is cut off, and the product lives', async () => {
    const head = `POST /nothing HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 900000000\r\n\r\n`;
    expect(await sendThenRead(url, head, 200)).toMatch(/EPIPE|ECONNRESET/);
    expect((await call(url, 'GET', '/health/live')).status).toBe(200);
  });
});
