import { Worker } from 'node:worker_threads';
import { toProblem } from './database-errors.js';
import type { Call, Calls, Reply, ThreadData } from './sqlite.worker.js';

interface Asked {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** A thread with connections to a SQLite file; it answers one call after the other. */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  isDead = false;

  constructor(data: ThreadData) {
    this.#worker = new Worker(new URL('./sqlite.worker.js', import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    this.#worker.unref();
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', error => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread has ended')));
  }

  get isBusy(): boolean {
    return this.#asked.size > 0;
  }

  /** Throws what the statement throws. */
  call<Name extends keyof Calls>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>> {
    return new Promise<unknown>((resolve, reject) => {
      this.#lastId += 1;
      this.#asked.set(this.#lastId, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id: this.#lastId, name, args } satisfies Call);
    }) as Promise<ReturnType<Calls[Name]>>;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle({ id, value, error }: Reply): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (this.#asked.size === 0) {
      this.#worker.unref();
    }
    if (error === undefined) {
      asked?.resolve(value);
    } else {
      asked?.reject(Object.assign(new Error(error.message), { code: error.code }));
    }
  }

  #fail(error: Error): void {
    this.isDead = true;
    // ECONNRESET, as for a server that goes away: callers get `unavailable`.
    const lost = toProblem(Object.assign(error, { code: 'ECONNRESET' }));
    this.#asked.forEach(({ reject }) => reject(lost));
    this.#asked.clear();
  }
}
