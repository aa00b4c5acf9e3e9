import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';

const RECORDS = 60_000;

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('a client that does not read', () => {
  let running: RunningApp;
  let ada: Account;

  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    running = await startApp('sqlite');
    ada = await newAccount(running.url);
    const lines = Array.from(
      { length: RECORDS },
      (_, index) => `{"name":"Muriel Spark","book":"Book ${index}","country":"Scotland"}\n`,
    );
    await call(running.url, 'POST', '/authors/import', {
      token: ada.token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join(''),
    });
  });
  afterAll(async () => {
    vi.useRealTimers();
    await running.close();
  });

  async function open(path: string): Promise<Socket> {
    const { hostname, port } = new URL(running.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n\r\n`.repeat(3),
    );
    return socket;
  }

  /** Lets this much time pass on the server's clock. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      vi.advanceTimersByTime(1_000);
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  test('its export within 30 s is cut off, and what the export held is free', async () => {
    const before = descriptors();
    const socket = await open('/authors/export');
    await once(socket, 'readable');
    await vi.waitFor(() => expect(descriptors()).toBeGreaterThan(before + 2));
    await new Promise(resolve => setTimeout(resolve, 300));
    await pass(28);
    expect(descriptors()).toBeGreaterThan(before + 2);
    await pass(80);
    const lines = (): string[] => running.lines.filter(line => line.includes('"/authors/export"'));
    await vi.waitFor(() => expect(lines()).toHaveLength(1));
    expect(JSON.parse(lines()[0]).aborted).toBe(true);
    socket.destroy();
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before + 1));
  });

  test('for a minute after its answer keeps its connection', async () => {
    const socket = await open('/health/live');
    await once(socket, 'readable');
    await pass(60);
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    let text = '';
    socket.on('data', piece => (text += piece));
    await vi.waitFor(() => expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(4));
    socket.destroy();
  });
});
