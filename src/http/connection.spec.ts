import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBoundedServer } from './connection.js';

const MEGABYTE = 1024 * 1024;

describe('the answers that clients leave unread', () => {
  let server: Server;
  const clients: Socket[] = [];

  afterEach(() => {
    clients.splice(0).forEach(client => client.destroy());
    server.close();
  });

  /** A client that asks for 4 MB and reads nothing. */
  async function ask(localAddress: string): Promise<void> {
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', localAddress }).pause();
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'connect');
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  }

  it('should be at most 64 MB from one host, and cost no other host its connection', async () => {
    const open = new Map<Socket, string>();
    let seen = 0;
    server = createBoundedServer({}, (_request, response) =>
      response.end('x'.repeat(4 * MEGABYTE)),
    );
    server.on('connection', (socket: Socket) => {
      seen += 1;
      open.set(socket, socket.remoteAddress!);
      socket.once('close', () => open.delete(socket));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await Promise.all(Array.from({ length: 40 }, () => ask('127.9.9.9')));
    await ask('127.8.8.8');
    await vi.waitFor(() => expect(seen).toBe(41), 5_000);
    const unread = (): number =>
      [...open.keys()].reduce((sum, { writableLength }) => sum + writableLength, 0);
    await vi.waitFor(() => expect(unread()).toBeLessThanOrEqual(68 * MEGABYTE), 5_000);
    expect(unread()).toBeGreaterThan(40 * MEGABYTE);
    expect([...open.values()]).toContain('127.8.8.8');
  });
});

it('should say in the last answer that the connection closes, whenever too many requests come', async () => {
  const server = createBoundedServer({}, (_request, response) => void response.end('a'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (): Promise<string | undefined> => {
    let text = '';
    const client = connect(port, '127.0.0.1').on('error', () => undefined);
    client
      .on('data', piece => (text += piece))
      .write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000));
    await once(client, 'close');
    return text.match(/connection: [-a-z]+/gi)?.at(-1);
  };
  const last = await Promise.all(Array.from({ length: 20 }, ask));
  server.close();
  expect(last).toEqual(Array(20).fill('Connection: close'));
});
