import type { Socket } from 'node:net';
import type { Config } from '../config/config.js';
import { VARIABLES } from '../config/variables.js';
import { METRICS } from '../metrics/metrics.js';
import { isWithin, networkOf } from './network.js';

export type ConnectionBounds = Pick<Config, 'maxConnectionsPerNetwork' | 'trustProxy'>;

/** What the bound needs to know of a connection. */
interface Held {
  /** Since when it has no request in work; undefined while it has one. */
  readonly idleSince: number | undefined;
  close(): void;
}

/**
 * The open connections. One more than a network (IPv4 /24, IPv6 /48) may have closes the one that has been idle
 * longest, or itself if all have a request in work. Those of trusted proxies have no bound: they serve everyone.
 */
export class Connections<C extends Held> extends Set<C> {
  readonly #byNetwork = new Map<string, Set<C>>();
  readonly #isTrusted: (address: string) => boolean;
  readonly #most: number;

  constructor({ maxConnectionsPerNetwork, trustProxy }: ConnectionBounds) {
    super();
    this.#most = maxConnectionsPerNetwork || Infinity;
    this.#isTrusted = isWithin(trustProxy);
  }

  /** Holds a connection until its socket closes. */
  hold(connection: C, socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const network = this.#isTrusted(address) ? undefined : networkOf(address);
    this.add(connection);
    if (network !== undefined) {
      this.#makeRoom(connection, network);
    }
    socket.once('close', () => this.#forget(connection, network));
  }

  #makeRoom(connection: C, network: string): void {
    const neighbours = this.#byNetwork.get(network) ?? new Set();
    this.#byNetwork.set(network, neighbours.add(connection));
    if (neighbours.size > this.#most) {
      METRICS.quotasMet.inc({ quota: VARIABLES.maxConnectionsPerNetwork.name });
      const closed = longestIdle(neighbours, connection);
      // The socket is only closed in a later turn of the event loop.
      neighbours.delete(closed);
      closed.close();
    }
  }

  #forget(connection: C, network = ''): void {
    this.delete(connection);
    const neighbours = this.#byNetwork.get(network);
    neighbours?.delete(connection);
    if (neighbours?.size === 0) {
      this.#byNetwork.delete(network);
    }
  }
}

/** The newest one has sent nothing yet, so it goes only if all others have a request in work. */
function longestIdle<C extends Held>(connections: Set<C>, newest: C): C {
  let longest = newest;
  let since = Infinity;
  for (const connection of connections) {
    if (connection !== newest && (connection.idleSince ?? Infinity) < since) {
      longest = connection;
      since = connection.idleSince!;
    }
  }
  return longest;
}
