import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long the server waits in all for a client to read an answer (milliseconds), … */
const WAIT_MS = 30_000;
/** … plus one second for each of these bytes, … */
const BYTES_PER_SECOND = 10_000;
/** … of which a fast client can save up this much (milliseconds). */
const MOST_SAVED_MS = 60_000;

/** An answer holds a snapshot of the database, so none lasts longer (milliseconds). */
const LONGEST_ANSWER_MS = 15 * 60_000;

/** Whether a client reads its answers at a pace of 10 kB a second, as `body-time.ts` demands of senders. */
export class ReadingPace {
  #answer?: ServerResponse;
  #startedAt = 0;
  #checkedAt = 0;
  #written = 0;
  #leftMs = 0;

  constructor(private readonly socket: Pick<Socket, 'bytesWritten' | 'writableLength'>) {}

  /** Call it about once a second with the answer in work; time in which nothing waits for the client does not count. */
  isTooSlow(answer: ServerResponse | undefined, now: number): boolean {
    if (answer === undefined || !answer.headersSent) {
      this.#answer = undefined;
      return false;
    }
    const { bytesWritten, writableLength: unread } = this.socket;
    if (answer !== this.#answer) {
      this.#answer = answer;
      this.#startedAt = this.#checkedAt = now;
      this.#written = bytesWritten - unread;
      this.#leftMs = WAIT_MS;
    }
    const waited = unread > 0 ? now - this.#checkedAt : 0;
    const saved = this.#leftMs - waited + timeFor(bytesWritten - this.#written);
    this.#leftMs = Math.min(saved, MOST_SAVED_MS + timeFor(unread));
    this.#checkedAt = now;
    this.#written = bytesWritten;
    return this.#leftMs < 0 || now - this.#startedAt > LONGEST_ANSWER_MS;
  }
}

/** Milliseconds that a client may take to read these bytes. */
function timeFor(bytes: number): number {
  return (bytes / BYTES_PER_SECOND) * 1000;
}
