import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { jsonAnswer } from '../../http/answer.js';
import type { Answer } from '../../http/answer.js';
import { Idempotency } from '../../idempotency/idempotency.js';
import type { KeyedRequest } from '../../idempotency/idempotent-request.js';
import type { Principal } from '../../http/principal.js';
import { Problem } from '../../problems/problem.js';
import type { Faults, OnConflict, Progress } from './import-stage.js';
import { RowStore, ThreadStore } from './import-store.js';
import type { ImportStore, Writes } from './import-store.js';
import { ImportThread } from './import-thread.js';
import type { ImportFormat } from './line-readers.js';
import type { Stored } from './sqlite-import.js';
import type { ImportResponse } from './transfer.dto.js';
import { importRefused, tooManyImports, uploadBroken } from './transfer.errors.js';

export interface ImportOptions {
  format: ImportFormat;
  onConflict: OnConflict;
  /** What a line with a fault does: `abort` leaves nothing of the file, `skip` leaves only the line out. */
  onError: 'abort' | 'skip';
}

type Content = AsyncIterable<Uint8Array>;

/** Called in the last transaction. */
type AtEnd = (tx: Writes, response: ImportResponse) => Promise<void>;

/** Each has a thread and a temporary table. */
const MOST_AT_ONCE = 2;

/** Other writes wait no longer than a slice takes: it is made larger or smaller to take about so long. */
const SLICE_MS = 6;
const SLICE_ROWS = { min: 100, start: 250, max: 2000 } as const;

/**
 * Takes files of records in: read, checked and (on SQLite) stored in a thread of its own, so that other requests go on.
 * What is read waits in a temporary table, not in memory.
 */
@Injectable()
export class ImportService {
  #running = 0;

  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
  ) {}

  /** Takes in what a request brings, once for one Idempotency-Key. */
  answer(
    caller: Principal,
    options: ImportOptions,
    content: Content,
    request: KeyedRequest,
  ): Promise<Answer> {
    return this.idempotency.whileReading(request, content, async (body, keep) => {
      const response = await this.run(caller.userId, options, body, (tx, done) =>
        keep(tx, jsonAnswer(200, done)),
      );
      return jsonAnswer(200, response);
    });
  }

  /**
   * Reads the content to its end and stores its records. Throws `import_refused` where nothing was stored because of
   * faults, `unavailable` where too many imports are running.
   */
  async run(
    ownerId: number,
    options: ImportOptions,
    content: Content,
    atEnd: AtEnd = async () => undefined,
  ): Promise<ImportResponse> {
    if (this.#running >= MOST_AT_ONCE) {
      throw tooManyImports();
    }
    this.#running += 1;
    try {
      return await this.#runInThread(ownerId, options, content, atEnd);
    } finally {
      this.#running -= 1;
    }
  }

  async #runInThread(
    ownerId: number,
    { format, onConflict, onError }: ImportOptions,
    content: Content,
    atEnd: AtEnd,
  ): Promise<ImportResponse> {
    const own = await this.#ownFile();
    const thread = new ImportThread({ format, ownerId, onConflict, ...own });
    try {
      const store =
        own === undefined
          ? new RowStore(this.database, thread, ownerId, onConflict)
          : new ThreadStore(this.database, thread);
      const total = onError === 'skip' ? new Slices(store, thread) : undefined;
      const { stopped, faults } = await read(content, thread, total);
      if (stopped || (onError === 'abort' && faults > 0)) {
        throw importRefused(await thread.call.faults());
      }
      return await store.all(async (tx, stored) => {
        const known = await thread.call.faults();
        if (onError === 'abort' && known.count > 0) {
          throw importRefused(known);
        }
        const response = toResponse(add(stored, total?.stored), known);
        await atEnd(tx, response);
        return response;
      });
    } finally {
      await thread.end();
    }
  }

  /** The SQLite file, and how safely it is written to, where a thread can store into it. */
  async #ownFile(): Promise<{ file: string; synchronous: number } | undefined> {
    if (this.database.dialect !== 'sqlite') {
      return undefined;
    }
    return this.database.write(async tx => {
      const main = await tx.get<{ file: string }>(
        "SELECT file FROM pragma_database_list WHERE name = 'main'",
      );
      const pragma = await tx.get<{ synchronous: number }>(
        'SELECT synchronous FROM pragma_synchronous',
      );
      return main?.file ? { file: main.file, synchronous: pragma?.synchronous ?? 2 } : undefined;
    });
  }
}

/** Reads to the end as fast as the client sends, while slices are stored where that is wanted. */
async function read(content: Content, thread: ImportThread, slices?: Slices): Promise<Progress> {
  const chunks = content[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await chunks.next().catch((cause: unknown) => {
      throw cause instanceof Problem ? cause : uploadBroken(cause);
    });
    const progress = done ? await thread.call.finish() : await thread.call.read(value);
    slices?.follow();
    if (done) {
      await slices?.settled();
      return progress;
    }
  }
}

/** Stores what waits in slices, each of about the same time. */
class Slices {
  readonly stored: Stored = { created: 0, updated: 0, skipped: 0 };
  #rows: number = SLICE_ROWS.start;
  #running?: Promise<void>;
  #failure?: { error: unknown };

  constructor(
    private readonly store: ImportStore,
    private readonly thread: ImportThread,
  ) {}

  /** Goes on until less than a slice is left. */
  follow(): void {
    this.#running ??= this.#storeMost()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#running = undefined;
      });
    this.#throwFailure();
  }

  async settled(): Promise<void> {
    await this.#running;
    this.#throwFailure();
  }

  async #storeMost(): Promise<void> {
    while ((await this.thread.call.progress()).waiting >= this.#rows) {
      const rows = this.#rows;
      const started = performance.now();
      Object.assign(this.stored, add(this.stored, await this.store.slice(rows)));
      const ideal = (rows * SLICE_MS) / (performance.now() - started);
      this.#rows = Math.round(Math.min(SLICE_ROWS.max, Math.max(SLICE_ROWS.min, ideal)));
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }
}

function add(a: Stored, b: Stored = { created: 0, updated: 0, skipped: 0 }): Stored {
  return {
    created: a.created + b.created,
    updated: a.updated + b.updated,
    skipped: a.skipped + b.skipped,
  };
}

function toResponse(stored: Stored, { count, first }: Faults): ImportResponse {
  return { message: 'authors imported', ...stored, errors: first, error_count: count };
}
