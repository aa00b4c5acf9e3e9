import { Problem, retryLater } from '../../problems/problem.js';
import { uploadBroken } from './transfer.errors.js';

/** An upload takes its turn when this much of it has arrived, or all, so one that sits idle takes none. */
const AHEAD_BYTES = 64 * 1024;

/** It keeps its turn from others while each further `AHEAD_BYTES` arrive in this time (milliseconds). */
const SLOW_MS = 5_000;
const CHECK_MS = 500;

/** The bytes of an upload as they arrive. */
export class Arrival {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #ahead: IteratorResult<Uint8Array>[] = [];
  #bytes = 0;
  #waitedMs = 0;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#chunks = content[Symbol.asyncIterator]();
  }

  /** Waits for the first 64 kB, or for all. Throws `invalid_request` if the upload breaks off. */
  async begin(): Promise<void> {
    for (let bytes = 0; bytes < AHEAD_BYTES && this.#ahead.at(-1)?.done !== true;) {
      const result = await this.#next();
      this.#ahead.push(result);
      bytes += result.value?.byteLength ?? 0;
    }
  }

  /**
   * The next chunk; undefined at the end. Throws `unavailable` if the upload is slow while `mustYield` says that another
   * needs its turn, and what `begin` throws.
   */
  async next(mustYield: () => boolean): Promise<Uint8Array | undefined> {
    const { done, value } = this.#ahead.shift() ?? (await this.#unlessSlow(mustYield));
    return done === true ? undefined : value;
  }

  async #unlessSlow(mustYield: () => boolean): Promise<IteratorResult<Uint8Array>> {
    const asked = performance.now();
    const waited = (): number => this.#waitedMs + performance.now() - asked;
    let check: NodeJS.Timeout | undefined;
    const wanted = new Promise<never>((_, reject) => {
      check = setInterval(() => {
        if (waited() > SLOW_MS && mustYield()) {
          reject(retryLater('unavailable', 5, 'the upload paused while another import waited'));
        }
      }, CHECK_MS).unref();
    });
    try {
      const result = await Promise.race([this.#next(), wanted]);
      this.#bytes += result.value?.byteLength ?? 0;
      const isFast = this.#bytes >= AHEAD_BYTES;
      [this.#bytes, this.#waitedMs] = isFast ? [0, 0] : [this.#bytes, waited()];
      return result;
    } finally {
      clearInterval(check);
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#chunks.next();
    } catch (cause) {
      throw cause instanceof Problem ? cause : uploadBroken(cause);
    }
  }
}
