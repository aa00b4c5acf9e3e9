import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './process.js';

export interface Balancer {
  url: string;
  name: string;
  close(): Promise<void>;
}

/** haproxy with the product's own configuration where it is installed, otherwise a stand-in of a few lines. */
export function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const { error } = spawnSync('haproxy', ['-v']);
  return error === undefined ? startHaproxy(urls) : startStandIn(urls);
}

async function startHaproxy(urls: readonly string[]): Promise<Balancer> {
  const port = await freePort();
  const servers = urls.map(
    (url, index) =>
      `    server replica${index} ${new URL(url).host} check inter 500ms fall 1 rise 1`,
  );
  // Of the containers' own network: addresses, and names that come and go.
  const config = readFileSync(`${ROOT}deploy/haproxy.cfg`, 'utf8')
    .replace(/^resolvers [^]*?\n\n/m, '')
    .replace(/^ *default-server .*\n/m, '')
    .replace(/^ *server-template .*$/m, servers.join('\n'))
    .replace('bind :8080', `bind 127.0.0.1:${port}`);
  return {
    url: `http://127.0.0.1:${port}`,
    name: 'haproxy',
    close: await runHaproxy(config, port),
  };
}

/** Runs haproxy until the returned function is called; resolves when it listens on `port`. */
export async function runHaproxy(config: string, port: number): Promise<() => Promise<void>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'library-api-haproxy-'));
  const file = path.join(directory, 'haproxy.cfg');
  writeFileSync(file, config);
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  while (!(await accepts(port))) {
    if (child.exitCode !== null) {
      throw new Error(`haproxy ended with ${child.exitCode}`);
    }
    await sleep(20);
  }
  return async () => {
    const ended = once(child, 'exit');
    kill();
    await ended;
    process.off('exit', kill);
    rmSync(directory, { recursive: true, force: true });
  };
}

/** Each connection goes to the next of `urls` that takes it. */
async function startStandIn(urls: readonly string[]): Promise<Balancer> {
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    sockets.add(client);
    client.on('error', () => undefined).once('close', () => sockets.delete(client));
    forward(client, urls.length);
  });

  function forward(client: Socket, triesLeft: number): void {
    const { hostname, port } = new URL(urls[turn++ % urls.length]);
    const replica = connect(Number(port), hostname);
    replica.once('connect', () => {
      triesLeft = 0;
      client.pipe(replica).pipe(client);
    });
    replica.once('error', () => {
      if (triesLeft > 1) {
        forward(client, triesLeft - 1);
      } else {
        client.destroy();
      }
    });
    client.once('close', () => replica.destroy());
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => {
    server.close();
    sockets.forEach(socket => socket.destroy());
    return Promise.resolve();
  };
  return { url: `http://127.0.0.1:${port}`, name: 'a stand-in for a balancer', close };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
