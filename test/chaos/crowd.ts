import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** Many connections at once to a server, each of which begins with `head`, and then sends `drop` every second. */
export class Crowd {
  readonly #sockets: Socket[] = [];
  #timer?: NodeJS.Timeout;

  static async of(
    count: number,
    port: number,
    { head = '', drop = '', reads = true },
  ): Promise<Crowd> {
    const crowd = new Crowd();
    // The queue of a listening socket holds 511.
    for (let left = count; left > 0; left -= 250) {
      const some = Array.from({ length: Math.min(left, 250) }, () => connect(port, '127.0.0.1'));
      some.forEach(socket => {
        socket.on('error', () => undefined);
        socket.write(head);
        if (reads) {
          socket.resume();
        }
      });
      crowd.#sockets.push(...some);
      await Promise.allSettled(some.map(socket => once(socket, 'connect')));
    }
    const alive = (): Socket[] => crowd.#sockets.filter(({ writable }) => writable);
    crowd.#timer =
      drop === '' ? undefined : setInterval(() => alive().forEach(each => each.write(drop)), 1_000);
    return crowd;
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#sockets.forEach(socket => socket.destroy());
  }
}
