import { createServer } from 'node:http';
import type {
  IncomingMessage,
  RequestListener,
  Server,
  ServerOptions,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { Connections } from './connections.js';
import type { ConnectionBounds } from './connections.js';
import { closeLingering } from './lingering-close.js';
import { hostNetworkOf } from './network.js';
import { ReadingPace } from './reading-pace.js';

/** Requests that may wait on one connection; each takes 2.6 kB of memory. */
const MOST_WAITING = 100;

/** What the clients of one host may leave unread on all their connections together (bytes). */
const MOST_UNREAD = 64 * 1024 * 1024;

/** How often the server looks for clients that do not read (milliseconds). */
const CHECK_MS = 1_000;

const connections = new WeakMap<Socket, Connection>();

/**
 * A server that works on one request of each connection at a time, and closes connections whose clients do not read or
 * whose network has too many.
 */
export function createBoundedServer(
  options: ServerOptions,
  bounds: ConnectionBounds,
  handler: RequestListener,
): Server {
  const open = new Connections<Connection>(bounds);
  const server = createServer(options, oneAtATime(handler));
  server.on('connection', socket => {
    const connection = new Connection(socket);
    connections.set(socket, connection);
    open.hold(connection, socket);
  });
  const closeIdle = server.closeIdleConnections.bind(server);
  // To Node, a connection that never sent a whole request is busy.
  server.closeIdleConnections = () => {
    closeIdle();
    open.forEach(connection => connection.closeIfSilent());
  };
  const checks = setInterval(() => {
    const now = performance.now();
    open.forEach(connection => connection.checkPace(now));
    closeUnread([...open].filter(({ unread }) => unread > 0));
  }, CHECK_MS);
  checks.unref();
  server.once('close', () => clearInterval(checks));
  return server;
}

/** Closes the connections with the most unread bytes of each host that leaves too many: they take memory of all. */
function closeUnread(connections: Connection[]): void {
  const totals = new Map<string, number>();
  for (const connection of connections.toSorted((a, b) => a.unread - b.unread)) {
    const total = (totals.get(connection.host) ?? 0) + connection.unread;
    if (total > MOST_UNREAD) {
      connection.close();
    } else {
      totals.set(connection.host, total);
    }
  }
}

/** The same handler, which gets a pipelined request only after the earlier answers of its connection were sent. */
export function oneAtATime(handler: RequestListener): RequestListener {
  return (request, response) =>
    connections.get(request.socket)!.accept({ handler, request, response });
}

interface Exchange {
  handler: RequestListener;
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * One connection. Node hands over all pipelined requests that arrive together; here all but the first wait, and the
 * socket is not read until they had their turn. A response that waits has no socket and would miss its loss, so no
 * handler sees one: what an answer holds is freed when its socket closes.
 */
class Connection {
  readonly #waiting: Exchange[] = [];
  readonly #pace: ReadingPace;
  #inWork?: ServerResponse;
  #isLast = false;
  #readBefore = 0;
  #idleSince = performance.now();

  constructor(private readonly socket: Socket) {
    this.#pace = new ReadingPace(socket);
    // Node resumes a socket whenever a body was read.
    socket.on('resume', () => {
      if (this.#waiting.length > 0 || (this.#isLast && this.#inWork !== undefined)) {
        socket.pause();
      }
    });
  }

  accept(exchange: Exchange): void {
    if (this.#isLast) {
      return;
    }
    if (this.#inWork === undefined && this.#waiting.length === 0) {
      this.#start(exchange);
    } else if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.push(exchange);
      this.socket.pause();
    } else {
      this.#closeSoon();
    }
  }

  /** The /32 or /64 of the peer. */
  get host(): string {
    return hostNetworkOf(this.socket.remoteAddress ?? '');
  }

  /** Since when it has no request in work; undefined while it has one. */
  get idleSince(): number | undefined {
    return this.#inWork === undefined ? this.#idleSince : undefined;
  }

  /** Bytes of answers that the client has not read. */
  get unread(): number {
    return this.socket.writableLength;
  }

  /** Closes the connection if its client reads too slowly. */
  checkPace(now: number): void {
    if (this.#pace.isTooSlow(this.#inWork, now)) {
      this.close();
    }
  }

  close(): void {
    this.socket.destroy();
  }

  /** Closes the connection if it has no request and sent nothing since the last call. */
  closeIfSilent(): void {
    const isSilent = this.socket.bytesRead === this.#readBefore;
    this.#readBefore = this.socket.bytesRead;
    if (isSilent && this.#inWork === undefined && this.#waiting.length === 0) {
      this.socket.destroySoon();
    }
  }

  #start({ handler, request, response }: Exchange): void {
    this.#inWork = response;
    if (this.#isLast) {
      response.shouldKeepAlive = false;
    }
    response.once('close', this.#onEnd);
    handler(request, response);
  }

  readonly #onEnd = (): void => {
    this.#inWork = undefined;
    this.#idleSince = performance.now();
    if (this.#waiting.length > 0) {
      // Other connections have their turn first.
      setImmediate(this.#next);
    } else if (this.#isLast) {
      this.socket.destroySoon();
    }
  };

  readonly #next = (): void => {
    const exchange = this.#waiting.shift();
    if (exchange === undefined || !this.socket.writable) {
      this.#waiting.length = 0;
      return;
    }
    if (this.#waiting.length === 0) {
      this.socket.resume();
    }
    this.#start(exchange);
  };

  /** Drops what waits (RFC 9112, 9.6), after one more answer if that in work cannot say that it is the last. */
  #closeSoon(): void {
    this.#isLast = true;
    this.#waiting.length = this.#inWork === undefined || this.#inWork.headersSent ? 1 : 0;
    if (this.#inWork !== undefined) {
      this.#inWork.shouldKeepAlive = false;
    }
    // The client may still be sending: a plain close would reset the connection, and it would lose the answer.
    this.socket.destroySoon = () => {
      this.#inWork = undefined;
      closeLingering(this.socket);
    };
    this.socket.pause();
  }
}
