import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { toProblem } from '../../database/database-errors.js';
import type { ImportCalls, Reply, ThreadOptions } from './import.worker.js';

/** The worker thread of one import. */
export class ImportThread {
  readonly #worker: Worker;
  readonly #failure: Promise<never>;

  constructor(options: ThreadOptions) {
    this.#worker = new Worker(new URL('./import.worker.js', import.meta.url), {
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    this.#failure = once(this.#worker, 'error').then(([error]) => {
      throw error;
    });
    this.#failure.catch(() => undefined);
  }

  /** Make one call at a time. Throws Problem `unavailable` or `storage_full` as `Database` does. */
  async call<Name extends keyof ImportCalls>(
    name: Name,
    ...args: Parameters<ImportCalls[Name]>
  ): Promise<ReturnType<ImportCalls[Name]>> {
    const answered = once(this.#worker, 'message');
    this.#worker.postMessage({ name, args });
    const [reply] = (await Promise.race([answered, this.#failure])) as [Reply];
    if ('error' in reply) {
      throw toProblem(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
    }
    return reply.value as ReturnType<ImportCalls[Name]>;
  }

  /** Ends the thread, and with it everything that is not committed. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
