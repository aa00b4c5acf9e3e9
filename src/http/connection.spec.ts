import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBoundedServer } from './connection.js';

const MEGABYTE = 1024 * 1024;
const NO_BOUND = { maxConnectionsPerNetwork: 0, trustProxy: [] };

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
    server = createBoundedServer({}, NO_BOUND, (_request, response) =>
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
  const server = createBoundedServer({}, NO_BOUND, (_request, response) => void response.end('a'));
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

describe('the open connections of one network', () => {
  const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  let server: Server;
  const clients: Socket[] = [];
  /** Responses that the handler has not ended. */
  const inWork: ServerResponse[] = [];

  afterEach(() => {
    clients.splice(0).forEach(client => client.destroy());
    inWork.length = 0;
    server.close();
  });

  async function serve(trustProxy: string[] = []): Promise<void> {
    const bounds = { maxConnectionsPerNetwork: 3, trustProxy };
    server = createBoundedServer({}, bounds, (_request, response) => void inWork.push(response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }

  /** A connection from one of the addresses of 127.9.9.0/24, unless another is named. */
  async function open(localAddress = `127.9.9.${clients.length + 1}`): Promise<Socket> {
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, 'connection');
    const client = connect({ port, host: '127.0.0.1', localAddress });
    clients.push(client.on('error', () => undefined).resume());
    await Promise.all([once(client, 'connect'), accepted]);
    return client;
  }

  async function ask(client: Socket): Promise<ServerResponse> {
    const before = inWork.length;
    client.write(REQUEST);
    await vi.waitFor(() => expect(inWork).toHaveLength(before + 1), { interval: 1 });
    return inWork.at(-1)!;
  }

  async function answer(response: ServerResponse): Promise<void> {
    response.end('a');
    await once(response, 'close');
  }

  const count = (): Promise<number> =>
    new Promise((resolve, reject) =>
      server.getConnections((error, number) => (error ? reject(error) : resolve(number))),
    );

  it('should be as many as allowed: one more closes the one that is idle longest', async () => {
    await serve();
    const [busy, first, second] = [await open(), await open(), await open()];
    await ask(busy);
    await answer(await ask(first));
    const another = await open('127.8.8.8');
    const fourth = await open();
    await once(second, 'close');
    await vi.waitFor(async () => expect(await count()).toBe(4));
    expect([busy, first, fourth, another].map(({ closed }) => closed)).toEqual(
      Array(4).fill(false),
    );
    await open();
    await once(first, 'close');
  });

  it('should all be kept if each has a request in work: the new one closes', async () => {
    await serve();
    for (let each = 0; each < 3; each += 1) {
      await ask(await open());
    }
    await once(await open(), 'close');
    expect(clients.filter(({ closed }) => !closed)).toHaveLength(3);
    await answer(inWork[0]);
    const next = await open();
    await once(clients[0], 'close');
    expect(next.closed).toBe(false);
  });

  it('should not count if the network is a trusted proxy', async () => {
    await serve(['127.9.9.0/24', '::1']);
    for (let each = 0; each < 10; each += 1) {
      await open();
    }
    expect(await count()).toBe(10);
    expect(clients.filter(({ closed }) => closed)).toEqual([]);
  });
});
