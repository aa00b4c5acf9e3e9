/** How often recorded uses are stored (milliseconds). */
const FLUSH_MS = 10_000;

/** Buffers when something was last used, so that not every request writes. */
export class LastUse {
  #uses = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly write: (uses: ReadonlyMap<string, number>) => Promise<void>) {
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), FLUSH_MS).unref();
  }

  record(id: string, at: number): void {
    this.#uses.set(id, at);
  }

  /** Stores what was recorded so far. */
  async flush(): Promise<void> {
    if (this.#uses.size === 0) {
      return;
    }
    const uses = this.#uses;
    this.#uses = new Map();
    await this.write(uses);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
