import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { sqlitePath } from '../../database/data-source.js';
import { Database } from '../../database/database.js';
import { Problem } from '../../problems/problem.js';
import type { ReadFile, StageOptions } from './import-stage.js';
import { moveInThread, storeFromThread } from './import-store.js';
import type { Writes } from './import-store.js';
import { ImportThread } from './import-thread.js';
import { add } from './imported.js';
import type { Imported } from './imported.js';
import type { ImportResponse } from './transfer.dto.js';
import { importRefused, tooManyImports, uploadBroken } from './transfer.errors.js';

export interface ImportOptions extends Omit<StageOptions, 'ownerId'> {
  onError: NonNullable<StageOptions['onError']>;
}

type Content = AsyncIterable<Uint8Array>;

/** Runs in the last transaction of an import. */
type BeforeCommit = (tx: Writes, response: ImportResponse) => Promise<void>;

/** Each has a thread and a temporary file. */
const MOST_AT_ONCE = 2;

/**
 * Imports files of records. A worker thread reads and checks the file and stages its records in a temporary table,
 * then one transaction moves them into `authors`; with `on_error=skip` on a SQLite file, many short ones.
 */
@Injectable()
export class ImportService {
  #running = 0;

  constructor(
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Reads the content to its end and stores its records. Throws `import_refused` when faults prevent the import,
   * `unavailable` when too many imports are running.
   */
  async run(
    ownerId: number,
    options: ImportOptions,
    content: Content,
    beforeCommit: BeforeCommit = async () => undefined,
  ): Promise<ImportResponse> {
    if (this.#running >= MOST_AT_ONCE) {
      throw tooManyImports();
    }
    this.#running += 1;
    const { onError } = options;
    const file = this.#file();
    const { sqliteSynchronous: synchronous } = this.config;
    const thread = new ImportThread({ ...options, ownerId, file, synchronous });
    try {
      const { rows, isReadable, ...read } = await readAll(content, thread);
      refuseFaulty(read, onError === 'abort' || !isReadable);
      const atEnd = async (tx: Writes, stored: Imported): Promise<ImportResponse> => {
        const imported = add(read, stored);
        refuseFaulty(imported, onError === 'abort');
        const response = { message: 'authors imported', ...imported };
        await beforeCommit(tx, response);
        return response;
      };
      return file === ''
        ? await storeFromThread(this.database, thread, { ...options, ownerId }, atEnd)
        : await moveInThread(this.database, thread, onError === 'skip' ? rows : 0, atEnd);
    } finally {
      await thread.end();
      this.#running -= 1;
    }
  }

  /** The SQLite file; empty when the records go through this thread's own connection. */
  #file(): string {
    const path = this.database.dialect === 'sqlite' ? sqlitePath(this.config.databaseUrl) : '';
    return path === ':memory:' ? '' : path;
  }
}

function refuseFaulty(imported: Imported, isStrict: boolean): void {
  if (isStrict && imported.error_count > 0) {
    throw importRefused(imported);
  }
}

/** Hands the file to the thread as fast as the client sends it, until a fault makes the rest unreadable. */
async function readAll(content: Content, thread: ImportThread): Promise<ReadFile> {
  const chunks = content[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await chunks.next().catch((cause: unknown) => {
      throw cause instanceof Problem ? cause : uploadBroken(cause);
    });
    if (done) {
      return thread.call('finish');
    }
    if (!(await thread.call('read', value))) {
      await chunks.return?.();
      return thread.call('finish');
    }
  }
}
