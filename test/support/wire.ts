import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stands between the product and a PostgreSQL server, and makes it slow or loses connections. */
export class Wire {
  /** How long each piece of an answer takes (milliseconds). */
  delayMs = 0;
  /** A connection is lost when the server has sent this text. */
  cutAfter?: string;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** @param target the address of a server that listens on a unix socket */
  static async to(target: string): Promise<Wire> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = new Wire(server, new URL(target));
    server.on('connection', client => wire.#join(client));
    return wire;
  }

  get url(): string {
    const url = new URL(this.target);
    url.searchParams.delete('host');
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Loses every connection. */
  cut(): void {
    this.#sockets.forEach(socket => socket.destroy());
  }

  close(): Promise<void> {
    this.server.close();
    this.cut();
    return Promise.resolve();
  }

  #join(client: Socket): void {
    const socket = path.join(this.target.searchParams.get('host')!, '.s.PGSQL.5432');
    const database = connect(socket);
    for (const [one, other] of [
      [client, database],
      [database, client],
    ]) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroySoon();
      });
    }
    client.pipe(database);
    let sent = Promise.resolve();
    database.on('data', (piece: Buffer) => {
      sent = sent.then(() => this.#send(piece, client));
    });
  }

  async #send(piece: Buffer, client: Socket): Promise<void> {
    if (this.delayMs > 0) {
      await sleep(this.delayMs);
    }
    client.write(piece);
    if (this.cutAfter !== undefined && piece.includes(this.cutAfter)) {
      client.unpipe();
      client.destroySoon();
    }
  }
}
