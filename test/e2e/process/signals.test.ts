import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PASSWORD, basic, call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { ServerProcess } from '../../support/process.js';

/** A busy machine may be slow; what these wait for comes at last or never. */
const PATIENT = { timeout: 20_000 };

interface Outcome {
  status?: number;
  /** Why there was no whole answer. */
  error?: string;
  /** Whether the connection had served a request before: the server knew of it, and must not drop it. */
  reused: boolean;
  startedAt: number;
}

/** One request over a keep-alive agent, and what became of it. */
function ask(url: string, token: string, agent: Agent): Promise<Outcome> {
  const startedAt = Date.now();
  return new Promise(resolve => {
    const sent = request(
      url,
      { agent, headers: { authorization: `Bearer ${token}` } },
      response => {
        response.resume();
        response.on('end', () => done({ status: response.statusCode }));
        response.on('aborted', () => done({ error: 'the answer was cut off' }));
      },
    );
    const done = (what: { status?: number; error?: string }): void =>
      resolve({ ...what, reused: sent.reusedSocket, startedAt });
    sent.on('error', ({ code }: Error & { code?: string }) => done({ error: code ?? 'unknown' }));
    sent.end();
  });
}

/** Asks for the list again and again, as a client that keeps its connection, until there is no server any more. */
async function askUntilGone(url: string, token: string): Promise<Outcome[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: Outcome[] = [];
  do {
    outcomes.push(await ask(`${url}/authors`, token, agent));
  } while (outcomes.at(-1)!.error === undefined);
  agent.destroy();
  return outcomes;
}

describe('on a signal', { timeout: 60_000 }, () => {
  let cwd: string;
  let server: ServerProcess;
  let user: Account;
  const start = async (env: Record<string, string> = {}): Promise<void> => {
    server = await ServerProcess.start({ cwd, env });
    user = await newAccount(server.url);
  };

  beforeEach(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-signals-'));
  });
  afterEach(async () => {
    await server.stop('SIGKILL');
    rmSync(cwd, { recursive: true, force: true });
  });

  /** A request whose body does not end: it is in flight for as long as the connection stands. */
  async function hold(): Promise<Socket> {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    const head = `POST /author HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\n`;
    socket.write(`${head}Expect: 100-continue\r\n`);
    socket.write('Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n');
    await once(socket, 'data');
    return socket;
  }

  test('SIGTERM under load loses no request: not ready first, then finished, then exit 0', async () => {
    // A cost at which a login takes long enough to be in flight when the signal comes.
    await start({ BCRYPT_COST: '10' });
    const { url } = server;
    const clients = Array.from({ length: 20 }, () => askUntilGone(url, user.token));
    await expect.poll(() => server.lines.length, PATIENT).toBeGreaterThan(100);

    const login = call(url, 'POST', '/login', {
      headers: { authorization: basic(user.name, PASSWORD) },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const signalledAt = Date.now();
    server.kill('SIGTERM');
    await expect
      .poll(async () => (await ask(`${url}/health/ready`, '', agent)).status, {
        ...PATIENT,
        interval: 10,
      })
      .toBe(503);
    agent.destroy();
    const stillServed = await call(url, 'GET', '/authors', { token: user.token });
    expect(stillServed.status).toBe(200);
    expect(stillServed.headers.get('connection')).toBe('close');

    const outcomes = (await Promise.all(clients)).flat();
    expect(await server.ended).toBe(0);
    expect((await login).status).toBe(200);
    const answered = outcomes.filter(({ status }) => status !== undefined);
    expect(answered.length).toBeGreaterThan(100);
    expect(answered.filter(({ status }) => status !== 200)).toEqual([]);
    // What fails is new connections after the server has said for a while that it goes.
    const failed = outcomes.filter(({ error }) => error !== undefined);
    expect(failed.filter(({ reused }) => reused)).toEqual([]);
    expect(failed.filter(({ error }) => !['ECONNREFUSED', 'ECONNRESET'].includes(error!))).toEqual(
      [],
    );
    expect(Math.min(...failed.map(({ startedAt }) => startedAt))).toBeGreaterThan(
      signalledAt + 900,
    );
    const logged = server.lines.map(line => JSON.parse(line).msg);
    expect(logged).toContain('closed');
    expect(server.stderr).toBe('');
  });

  test('SIGINT closes at once, though clients keep idle connections', async () => {
    await start();
    const agent = new Agent({ keepAlive: true });
    await ask(`${server.url}/authors`, user.token, agent);
    const before = Date.now();
    expect(await server.stop('SIGINT')).toBe(0);
    expect(Date.now() - before).toBeLessThan(5000);
    agent.destroy();
  });

  test('a second signal does not wait for what is in flight', async () => {
    await start();
    const socket = await hold();
    server.kill('SIGTERM');
    await expect
      .poll(() => server.lines.some(line => line.includes('"closing"')), PATIENT)
      .toBe(true);
    const before = Date.now();
    expect(await server.stop('SIGTERM')).toBe(1);
    expect(Date.now() - before).toBeLessThan(5000);
    socket.destroy();
  });

  test('what does not end is waited for no longer than SHUTDOWN_TIMEOUT', async () => {
    await start({ SHUTDOWN_TIMEOUT: '1s' });
    const socket = await hold();
    const before = Date.now();
    expect(await server.stop('SIGINT')).toBe(1);
    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
    expect(Date.now() - before).toBeLessThan(4000);
    expect(JSON.parse(server.lines.at(-1)!).msg).toContain('cut off');
    socket.destroy();
  });

  test('the shortest SHUTDOWN_TIMEOUT is no hindrance where nothing is in flight', async () => {
    await start({ SHUTDOWN_TIMEOUT: '1s' });
    expect(await server.stop('SIGTERM')).toBe(0);
  });
});
