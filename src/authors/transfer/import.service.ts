import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { VARIABLES } from '../../config/variables.js';
import { sqlitePath } from '../../database/data-source.js';
import { Database } from '../../database/database.js';
import { quotaExceeded } from '../../database/row-quota.js';
import { Turns } from '../../database/turns.js';
import { METRICS } from '../../metrics/metrics.js';
import { RecordQuota } from '../../lists/record-quota.js';
import { AUTHORS } from '../author.members.js';
import { Arrival } from './arrival.js';
import type { ReadFile, StageOptions } from './import-stage.js';
import { moveInThread, storeFromThread } from './import-store.js';
import type { Writes } from './import-store.js';
import { ImportThread } from './import-thread.js';
import { add } from './imported.js';
import type { Imported } from './imported.js';
import type { ImportResponse } from './transfer.dto.js';
import { importRefused } from './transfer.errors.js';

export interface ImportOptions extends Omit<StageOptions, 'ownerId'> {
  onError: NonNullable<StageOptions['onError']>;
}

/** What an import of a request asks and does while it runs. */
interface Caller {
  /** Stores the answer, in the last transaction. */
  keep?: (tx: Writes, response: ImportResponse) => Promise<void>;
  /** Before each transaction's end: throws if the caller has lost the right to import. */
  stillAllowed?: () => Promise<void>;
}

/** Each has a thread and a temporary file. */
const READING = { atOnce: 8, waiting: 1, patienceMs: 10_000 } as const;
/** Only imports whose files have arrived. */
const STORING = { atOnce: 2, waiting: 0, patienceMs: 60_000 } as const;

/**
 * Imports files of records. A worker thread reads and checks the file and stages its records in a temporary table,
 * then one transaction moves them into `authors`; with `on_error=skip` on a SQLite file, many short ones.
 */
@Injectable()
export class ImportService {
  readonly #reading: Turns;
  readonly #storing: Turns;

  constructor(
    private readonly database: Database,
    private readonly quota: RecordQuota,
    @InjectConfig() private readonly config: Config,
  ) {
    const perUser = {
      perOwner: config.maxImportsPerUser,
      quota: VARIABLES.maxImportsPerUser.name,
    };
    this.#reading = new Turns('imports', { ...READING, ...perUser });
    this.#storing = new Turns('imports', { ...STORING, ...perUser });
    METRICS.importsRunning.of(this.#reading, ({ busy }) => busy);
  }

  /**
   * Reads the content to its end and stores its records. Throws `import_refused` when faults prevent the import,
   * `too_many_requests` while another import of the owner is running, `unavailable` when too many others are or when the
   * upload pauses while another waits, `quota_exceeded`.
   */
  async run(
    ownerId: number,
    options: ImportOptions,
    upload: AsyncIterable<Uint8Array>,
    caller: Caller = {},
  ): Promise<ImportResponse> {
    const arrival = new Arrival(upload);
    await arrival.begin();
    const next = () => arrival.next(() => this.#reading.mustYield(ownerId));
    return this.#reading.run(ownerId, async () => {
      const { sqliteSynchronous: synchronous } = this.config;
      const file = this.#file();
      const thread = new ImportThread({ ...options, ownerId, file, synchronous });
      try {
        const read = await readAll(next, thread, this.config);
        refuseFaulty(read, options.onError === 'abort' || !read.isReadable);
        const imported = await this.#storing.run(ownerId, () =>
          this.#store(thread, read, { ...options, ownerId }, caller),
        );
        countRows(imported);
        return imported;
      } finally {
        await thread.end();
      }
    });
  }

  async #store(
    thread: ImportThread,
    { rows, isReadable: _, ...read }: ReadFile,
    options: ImportOptions & { ownerId: number },
    { keep, stillAllowed = async () => undefined }: Caller,
  ): Promise<ImportResponse> {
    const quota = this.quota.of(AUTHORS);
    const left = await quota.left(options.ownerId, rows);
    const check = async (stored: Imported): Promise<void> => {
      await stillAllowed();
      quota.refuseBeyond(left, stored.created);
    };
    const atEnd = async (tx: Writes, stored: Imported): Promise<ImportResponse> => {
      await check(stored);
      const imported = add(read, stored);
      refuseFaulty(imported, options.onError === 'abort');
      const response = { message: 'authors imported', ...imported };
      await keep?.(tx, response);
      return response;
    };
    if (this.#file() === '') {
      return storeFromThread(this.database, thread, options, atEnd);
    }
    const slicedRows = options.onError === 'skip' ? rows : 0;
    return moveInThread(this.database, thread, slicedRows, check, atEnd);
  }

  /** The SQLite file; empty when the records go through this thread's own connection. */
  #file(): string {
    const path = this.database.dialect === 'sqlite' ? sqlitePath(this.config.databaseUrl) : '';
    return path === ':memory:' ? '' : path;
  }
}

function countRows({ created, updated, skipped, error_count: faulty }: ImportResponse): void {
  for (const [result, rows] of Object.entries({ created, updated, skipped, faulty })) {
    METRICS.importRows.inc({ result }, rows);
  }
}

function refuseFaulty(imported: Imported, isStrict: boolean): void {
  if (isStrict && imported.error_count > 0) {
    throw importRefused(imported);
  }
}

/** Hands the file to the thread as fast as the client sends it, until a fault makes the rest unreadable. */
async function readAll(
  next: () => Promise<Uint8Array | undefined>,
  thread: ImportThread,
  { maxImportSize, maxImportTempSize }: Config,
): Promise<ReadFile> {
  let bytes = 0;
  for (;;) {
    const value = await next();
    if (value === undefined) {
      return thread.call('finish');
    }
    bytes += value.byteLength;
    if (bytes > maxImportSize) {
      throw quotaExceeded(VARIABLES.maxImportSize.name, maxImportSize);
    }
    const { isReadable, stagedBytes } = await thread.call('read', value);
    if (stagedBytes > maxImportTempSize) {
      throw quotaExceeded(VARIABLES.maxImportTempSize.name, maxImportTempSize);
    }
    if (!isReadable) {
      return thread.call('finish');
    }
  }
}
