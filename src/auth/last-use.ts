import type { Database } from '../database/database.js';

/** How often recorded uses are stored (milliseconds). */
const FLUSH_MS = 10_000;

/** How many rows one unit of work updates, so that other writes wait only briefly. */
const SLICE = 500;

/** Buffers when rows of a table were last used, so that not every request writes. */
export class LastUse {
  #uses = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #update: string;

  constructor(
    private readonly database: Database,
    table: 'sessions' | 'personal_tokens',
  ) {
    this.#update = `UPDATE ${table} SET last_used_at = $2
      WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`;
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), FLUSH_MS).unref();
  }

  record(id: string, at: number): void {
    this.#uses.set(id, at);
  }

  /** Stores what was recorded so far, in the order of the ids: two processes cannot deadlock. */
  async flush(): Promise<void> {
    const uses = [...this.#uses].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#uses = new Map();
    for (let start = 0; start < uses.length; start += SLICE) {
      await this.database.write(async tx => {
        for (const use of uses.slice(start, start + SLICE)) {
          await tx.run(this.#update, use);
        }
      });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
