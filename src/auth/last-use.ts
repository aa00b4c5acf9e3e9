/** How often the uses of a while are written down together (milliseconds). */
const FLUSH_MS = 10_000;

/** Remembers when something was last used, and writes it down now and then instead of once a request. */
export class LastUse {
  #uses = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly write: (uses: ReadonlyMap<string, number>) => Promise<void>) {
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), FLUSH_MS).unref();
  }

  note(id: string, at: number): void {
    this.#uses.set(id, at);
  }

  /** Writes what was noted so far. */
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
