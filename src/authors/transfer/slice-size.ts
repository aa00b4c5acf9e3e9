const ROWS = { least: 100, first: 250 } as const;

/** How many rows are stored in one transaction among those of others, who wait no longer than it takes. */
export class SliceSize {
  #rows: number = ROWS.first;

  /** Slices are to take about so long (milliseconds), and hold so many rows at most. */
  constructor(
    private readonly ideal: number,
    private readonly most: number,
  ) {}

  get rows(): number {
    return this.#rows;
  }

  /** Carries a slice of this size out, and learns from the time that it takes. */
  async time<T>(slice: (rows: number) => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await slice(this.#rows);
    const rows = (this.#rows * this.ideal) / (performance.now() - started);
    this.#rows = Math.round(Math.min(this.most, Math.max(ROWS.least, rows)));
    return result;
  }
}
