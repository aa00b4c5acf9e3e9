import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';

const RECORDS = 30_000;

interface Line {
  msg: string;
  method: string;
  route?: string;
  status: number;
  aborted?: true;
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

const requestOf = (method: string, path: string, token?: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\n${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`;

describe.each(databases())('a connection on %s', kind => {
  let running: RunningApp;
  let ada: Account;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    running = await startApp(kind);
    ada = await newAccount(running.url);
    const lines = Array.from(
      { length: RECORDS },
      (_, index) => `{"name":"Muriel Spark","book":"Book ${index}","country":"Scotland"}\n`,
    );
    const imported = await call(running.url, 'POST', '/authors/import', {
      token: ada.token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join(''),
    });
    expect(imported.body.created).toBe(RECORDS);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    sockets.splice(0).forEach(socket => socket.destroy());
  });
  afterAll(() => running.close());

  /** Opens a connection and sends all of this in one write. */
  async function open(bytes: string): Promise<Socket> {
    const { hostname, port } = new URL(running.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket.on('error', () => undefined));
    await once(socket, 'connect');
    await new Promise(resolve => socket.write(bytes, resolve));
    return socket;
  }

  /** Reads until the connection is quiet for 300 ms or closes. */
  async function answersOf(socket: Socket): Promise<string> {
    let text = '';
    socket.setEncoding('latin1').on('data', piece => (text += piece));
    for (let length = -1; length !== text.length && !socket.closed;) {
      ({ length } = text);
      await new Promise(resolve => setTimeout(resolve, 300));
    }
    return text;
  }

  const statuses = (text: string): string[] =>
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);

  const linesOf = (method: string, route: string): Line[] =>
    running.lines
      .map(line => JSON.parse(line) as Line)
      .filter(line => line.msg === 'request' && line.method === method && line.route === route);

  /** Makes each `/health/ready` take 10 ms; returns how many are in work and how many were. */
  async function slowReady(): Promise<{ now: number; most: number; all: number }> {
    const { Database } = (await import('#dist/database/database.js' as string)) as {
      Database: new () => { ping(): Promise<void> };
    };
    const work = { now: 0, most: 0, all: 0 };
    vi.spyOn(running.app.get(Database), 'ping').mockImplementation(async () => {
      work.now += 1;
      work.all += 1;
      work.most = Math.max(work.most, work.now);
      await new Promise(resolve => setTimeout(resolve, 10));
      work.now -= 1;
    });
    return work;
  }

  /** Requests of earlier tests whose clients have left are logged when they end. */
  async function inFlight(): Promise<number> {
    const { METRICS } = (await import('#dist/metrics/metrics.js' as string)) as {
      METRICS: { httpInFlight: { get(): Promise<{ values: { value: number }[] }> } };
    };
    return (await METRICS.httpInFlight.get()).values[0].value;
  }

  test('has one request in work, and answers all in their order', async () => {
    const work = await slowReady();
    const requests = ['ready', 'live', 'none', 'ready', 'ready', 'live'].map(name =>
      requestOf('GET', `/health/${name}`),
    );
    const text = await answersOf(await open(requests.join('')));
    expect(statuses(text)).toEqual(['200', '200', '404', '200', '200', '200']);
    expect(work).toEqual({ now: 0, most: 1, all: 3 });
  });

  test('takes bodies in a pipeline', async () => {
    const post = (name: string): string => {
      const body = JSON.stringify({ name, book: `${kind} ${'x'.repeat(30)}`, country: 7 });
      return `POST /author HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    const bytes = Array.from({ length: 60 }, (_, index) => post(`Pipelined ${index}`)).join('');
    const text = await answersOf(await open(bytes));
    expect(statuses(text)).toEqual(Array(60).fill('422'));
    expect(text.match(/\/country/g)).toHaveLength(60);
  });

  test('leaves others their turns', async () => {
    const work = await slowReady();
    const socket = await open(requestOf('GET', '/health/ready').repeat(50));
    expect((await call(running.url, 'GET', '/health/live')).status).toBe(200);
    expect(work.all).toBeLessThan(25);
    expect(statuses(await answersOf(socket))).toHaveLength(50);
  });

  test('closes after the answer in work if more than 100 requests wait', async () => {
    const work = await slowReady();
    const text = await answersOf(await open(requestOf('GET', '/health/ready').repeat(1_000)));
    expect(statuses(text)).toEqual(['200']);
    expect(text.toLowerCase()).toContain('connection: close');
    expect(work.all).toBe(1);
  });

  test('gets the answer in work before it closes, however much its client still sends', async () => {
    const work = await slowReady();
    const bytes = requestOf('GET', '/health/ready').repeat(20_000);
    const { hostname, port } = new URL(running.url);
    const ask = async (): Promise<string> => {
      let text = '';
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      sockets.push(socket.on('error', () => undefined).on('data', piece => (text += piece)));
      await once(socket, 'close');
      return text;
    };
    const texts = await Promise.all(Array.from({ length: 5 }, ask));
    expect(texts.map(statuses)).toEqual(Array(5).fill(['200']));
    expect(work.all).toBe(5);
  });

  test('is not worked for after its client has left', async () => {
    const work = await slowReady();
    const socket = await open(requestOf('GET', '/health/ready').repeat(100));
    await vi.waitFor(() => expect(work.all).toBeGreaterThan(0));
    socket.destroy();
    const { all } = work;
    await new Promise(resolve => setTimeout(resolve, 1_000));
    expect(work.all - all).toBeLessThan(4);
  });

  test('is not worked for while its client reads nothing', async () => {
    const route = '/authors/export';
    const before = linesOf('GET', route).length;
    const opened = descriptors();
    const all = await Promise.all(
      Array.from({ length: 2 }, () => open(requestOf('GET', route, ada.token).repeat(100))),
    );
    all.forEach(socket => socket.pause());
    await new Promise(resolve => setTimeout(resolve, 1_500));
    // Two sockets and a thread for each; 100 exports of each would take 600.
    expect(descriptors() - opened).toBeLessThan(2 * 16);
    expect(linesOf('GET', route).length - before).toBeLessThan(20);
    all.forEach(socket => socket.destroy());
    await vi.waitFor(() => expect(descriptors()).toBeLessThan(opened + 10), 5_000);
  });

  test('holds nothing for the answers that waited when its client leaves', async () => {
    const before = descriptors();
    const path = '/authors/export';
    const socket = await open(requestOf('GET', path, ada.token).repeat(90));
    await once(socket, 'data');
    socket.destroy();
    await vi.waitFor(() => expect(descriptors()).toBeLessThan(before + 10), 5_000);
    await vi.waitFor(async () => expect(await inFlight()).toBe(0));
    const again = await call(running.url, 'GET', `${path}?format=csv`, { token: ada.token });
    expect(again.status).toBe(200);
  });

  test('has a log line for work whose client left before it was done, marked aborted', async () => {
    await vi.waitFor(async () => expect(await inFlight()).toBe(0));
    const work = await slowReady();
    const route = '/health/ready';
    const before = linesOf('GET', route).length;
    const socket = await open(requestOf('GET', route));
    await vi.waitFor(() => expect(work.now).toBe(1), { interval: 1 });
    socket.destroy();
    await vi.waitFor(() => expect(linesOf('GET', route)).toHaveLength(before + 1));
    expect(linesOf('GET', route).at(-1)).toMatchObject({ status: 200, aborted: true });
  });

  test('has a log line and a count for each deletion whose client left', async () => {
    const { body } = await call(running.url, 'GET', '/authors?limit=50', { token: ada.token });
    const ids = body.list_of_authors.map(({ id }: { id: number }) => id) as number[];
    const [route, count] = ['/authors/:id', linesOf('DELETE', '/authors/:id').length];
    const requests = ids.map(id => requestOf('DELETE', `/authors/${id}`, ada.token));
    (await open(requests.join(''))).destroy();
    await new Promise(resolve => setTimeout(resolve, 1_500));
    const left = await call(running.url, 'GET', '/authors?limit=50', { token: ada.token });
    const kept = left.body.list_of_authors.filter(({ id }: { id: number }) => ids.includes(id));
    const deleted = ids.length - kept.length;
    const lines = linesOf('DELETE', route).slice(count);
    expect(lines.filter(({ status }) => status === 200)).toHaveLength(deleted);
    expect(deleted).toBeGreaterThan(0);
    const { Metrics } = (await import('#dist/health/metrics.js' as string)) as {
      Metrics: new () => { text(): Promise<string> };
    };
    const metrics = await running.app.get(Metrics).text();
    const counted = (name: string): number =>
      Number(
        new RegExp(`^${name}\\{method="DELETE",route="/authors/:id"[^}]*\\} (\\d+)`, 'm').exec(
          metrics,
        )?.[1] ?? 0,
      );
    expect(counted('http_request_duration_seconds_count')).toBe(lines.length);
    expect(counted('http_requests_aborted_total')).toBe(
      lines.filter(({ aborted }) => aborted).length,
    );
  });

  test('gets one answer of 2,000 requests if it reads nothing, and 20 of them stop no one', async () => {
    const work = await slowReady();
    const bytes = requestOf('GET', '/health/ready').repeat(2_000);
    const all = await Promise.all(Array.from({ length: 20 }, () => open(bytes)));
    all.forEach(socket => socket.pause());
    expect((await call(running.url, 'GET', '/health/live')).status).toBe(200);
    await vi.waitFor(() => expect(work.all).toBe(20));
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(work.all).toBe(20);
  });

  test('has one log line for an export that its client left, marked aborted', async () => {
    const path = '/authors/export';
    await vi.waitFor(async () => expect(await inFlight()).toBe(0));
    const before = linesOf('GET', path).length;
    const socket = await open(requestOf('GET', path, ada.token));
    await once(socket, 'data');
    socket.destroy();
    await vi.waitFor(() => expect(linesOf('GET', path)).toHaveLength(before + 1), 5_000);
    expect(linesOf('GET', path).at(-1)).toMatchObject({ status: 200, aborted: true });
  });
});
