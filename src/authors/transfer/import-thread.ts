import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { toProblem } from '../../database/database-errors.js';
import type { ImportStage } from './import-stage.js';
import type { Call, Reply, ThreadOptions } from './import.worker.js';

/** `once` fails with the error of a thread that has one. ECONNRESET as for a server that goes away. */
function failed(error: unknown): never {
  const cause = error instanceof Error ? error : new Error('the thread has ended');
  throw toProblem(Object.assign(cause, { code: 'ECONNRESET' }));
}

/** The worker thread of one import: its stage, for one call at a time. */
export class ImportThread {
  readonly #worker: Worker;
  readonly #failure: Promise<never>;

  constructor(options: ThreadOptions) {
    this.#worker = new Worker(new URL('./import.worker.js', import.meta.url), {
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    this.#failure = once(this.#worker, 'exit').then(failed, failed);
    this.#failure.catch(() => undefined);
  }

  /** Throws Problem `unavailable` or `storage_full` as `Database` does. */
  async call<Name extends Call['name']>(
    name: Name,
    ...args: Parameters<ImportStage[Name]>
  ): Promise<ReturnType<ImportStage[Name]>> {
    const answered = once(this.#worker, 'message').catch(failed);
    this.#worker.postMessage({ name, args } satisfies Call);
    const [reply] = (await Promise.race([answered, this.#failure])) as [Reply];
    if ('error' in reply) {
      throw toProblem(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
    }
    return reply.value as ReturnType<ImportStage[Name]>;
  }

  /** Ends the thread, and with it everything that is not committed. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
