import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { sqlitePath } from '../../database/data-source.js';
import { Database } from '../../database/database.js';
import { Problem } from '../../problems/problem.js';
import { add, nothingStored } from './import-result.js';
import type { Stored } from './import-result.js';
import type { ReadFile } from './import-stage.js';
import type { OnConflict } from './import-statements.js';
import { RowStore, ThreadStore } from './import-store.js';
import type { ImportStore, Writes } from './import-store.js';
import { ImportThread } from './import-thread.js';
import type { ImportFormat } from './record-readers.js';
import type { ImportResponse } from './transfer.dto.js';
import { importRefused, tooManyImports, uploadBroken } from './transfer.errors.js';

export interface ImportOptions {
  format: ImportFormat;
  onConflict: OnConflict;
  /** What a faulty line does: `abort` stores nothing, `skip` leaves out the line. */
  onError: 'abort' | 'skip';
}

type Content = AsyncIterable<Uint8Array>;

/** Each has a thread and a temporary file. */
const MOST_AT_ONCE = 2;

/** With `on_error=skip`: how many records go in one transaction, which shall take this long. */
const SLICE = { first: 250, least: 100, most: 5000, ms: 10 } as const;

/**
 * Imports files of records. A worker thread reads and checks the file and stages its records in a temporary table,
 * then one transaction moves them into `authors`; with `on_error=skip`, many short ones.
 */
@Injectable()
export class ImportService {
  #running = 0;

  constructor(
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Reads the content to its end and stores its records; `beforeCommit` runs in the last transaction.
   * Throws `import_refused` when faults prevent the import, `unavailable` when too many imports are running.
   */
  async run(
    ownerId: number,
    options: ImportOptions,
    content: Content,
    beforeCommit: (tx: Writes, response: ImportResponse) => Promise<void> = async () => undefined,
  ): Promise<ImportResponse> {
    if (this.#running >= MOST_AT_ONCE) {
      throw tooManyImports();
    }
    this.#running += 1;
    const { format, onConflict, onError } = options;
    const { sqliteSynchronous: synchronous } = this.config;
    const file = this.#file();
    const thread = new ImportThread({ ownerId, format, onConflict, file, synchronous });
    try {
      const read = await readAll(content, thread);
      if (!read.isReadable || (onError === 'abort' && read.faults.count > 0)) {
        throw importRefused(read.faults);
      }
      const store =
        file === ''
          ? new RowStore(this.database, thread, ownerId, onConflict)
          : new ThreadStore(this.database, thread);
      const before = onError === 'skip' ? await storeSlices(store, read) : nothingStored();
      return await store.rest(async (tx, rest) => {
        const stored = add(before, rest);
        if (onError === 'abort' && stored.faults.count > 0) {
          throw importRefused(stored.faults);
        }
        const response = toResponse(stored);
        await beforeCommit(tx, response);
        return response;
      });
    } finally {
      await thread.end();
      this.#running -= 1;
    }
  }

  /** The SQLite file; empty where the rows go through this thread's own connection. */
  #file(): string {
    const path = this.database.dialect === 'sqlite' ? sqlitePath(this.config.databaseUrl) : '';
    return path === ':memory:' ? '' : path;
  }
}

/** Hands the file to the thread as fast as the client sends it. */
async function readAll(content: Content, thread: ImportThread): Promise<ReadFile> {
  const chunks = content[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await chunks.next().catch((cause: unknown) => {
      throw cause instanceof Problem ? cause : uploadBroken(cause);
    });
    if (done) {
      return thread.call('finish');
    }
    await thread.call('read', value);
  }
}

/** Stores the records in short transactions, until less than one of them is left. */
async function storeSlices(store: ImportStore, { rows, faults }: ReadFile): Promise<Stored> {
  let stored = nothingStored(faults);
  let size: number = SLICE.first;
  for (let left = rows; left > size;) {
    const slice = await store.slice(size);
    stored = add(stored, slice);
    left -= size;
    size = Math.round(Math.min(SLICE.most, Math.max(SLICE.least, (size * SLICE.ms) / slice.ms)));
  }
  return stored;
}

function toResponse({ faults, ...stored }: Stored): ImportResponse {
  return {
    message: 'authors imported',
    ...stored,
    errors: faults.first,
    error_count: faults.count,
  };
}
