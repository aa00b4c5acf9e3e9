import { Worker } from 'node:worker_threads';
import { toProblem } from '../../database/database-errors.js';
import type { Call, ImportThreadCalls, Reply, ThreadOptions } from './import-protocol.js';

type Answered<T> = {
  [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never;
};

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** The thread of one import, as the main thread sees it. Its answers come in the order of the calls. */
export class ImportThread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #lost?: Error;

  constructor(options: ThreadOptions) {
    this.#worker = new Worker(new URL('./import.worker.js', import.meta.url), {
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', error => this.#lose(error));
    this.#worker.on('exit', () => this.#lose(new Error('the thread of an import has ended')));
  }

  readonly call = new Proxy({} as Answered<ImportThreadCalls>, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        this.#call({ name: name as Call['name'], args }),
  });

  /** Ends it, and with it all that was not stored. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #call(call: Call): Promise<unknown> {
    if (this.#lost !== undefined) {
      return Promise.reject(this.#lost);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(call);
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if ('error' in reply) {
      const { message, code } = reply.error;
      waiting?.reject(toProblem(Object.assign(new Error(message), { code })));
    } else {
      waiting?.resolve(reply.value);
    }
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(this.#lost);
    }
  }
}
