import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { call } from '../../support/client.js';
import { ServerProcess } from '../../support/process.js';

test('a process with few file descriptors left is not ready until they are free again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'library-api-'));
  const server = await ServerProcess.start({ cwd: dataDir, env: { DATA_DIR: dataDir } });
  const ready = async (): Promise<number> =>
    (await call(server.url, 'GET', '/health/ready')).status;
  const { hostname, port } = new URL(server.url);
  const sockets: Socket[] = [];
  try {
    expect(await ready()).toBe(200);
    const open = readdirSync(`/proc/${server.pid}/fd`).length;
    execFileSync('prlimit', [`--pid=${server.pid}`, `--nofile=${open + 100}:`]);
    for (let count = 0; count < 70; count += 1) {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      await once(socket, 'connect');
    }
    await vi.waitFor(async () => expect(await ready()).toBe(503), 5_000);
    expect((await call(server.url, 'GET', '/health/live')).status).toBe(200);
    sockets.forEach(socket => socket.destroy());
    await vi.waitFor(async () => expect(await ready()).toBe(200), 5_000);
  } finally {
    sockets.forEach(socket => socket.destroy());
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a network that opens 3,000 connections holds 1,000, and others are served meanwhile', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'library-api-'));
  const server = await ServerProcess.start({ cwd: dataDir, env: { DATA_DIR: dataDir } });
  const descriptors = (): number => readdirSync(`/proc/${server.pid}/fd`).length;
  const { hostname: host, port } = new URL(server.url);
  const sockets: Socket[] = [];
  try {
    expect((await call(server.url, 'GET', '/health/ready')).status).toBe(200);
    const before = descriptors();
    for (let count = 0; count < 3_000; count += 1) {
      const socket = connect({ host, port: Number(port), localAddress: `127.9.9.${count % 250}` });
      sockets.push(socket.on('error', () => undefined).resume());
      await once(socket, 'connect');
    }
    await vi.waitFor(() => expect(sockets.filter(({ closed }) => closed)).toHaveLength(2_000));
    expect(descriptors() - before).toBeLessThan(1_010);
    expect((await call(server.url, 'GET', '/health/ready')).status).toBe(200);
    sockets.forEach(socket => socket.destroy());
    await vi.waitFor(() => expect(descriptors()).toBeLessThan(before + 10), 5_000);
  } finally {
    sockets.forEach(socket => socket.destroy());
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
