import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A stand-in for haproxy: each connection goes to the next of `urls` that takes it. */
export async function startBalancer(
  urls: readonly string[],
): Promise<{ url: string; close(): void }> {
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
  const close = (): void => {
    server.close();
    sockets.forEach(socket => socket.destroy());
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
