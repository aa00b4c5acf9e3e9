const BOUNDS = { first: 250, least: 200, most: 5_000 } as const;

/** How many rows a slice of long work changes: as many as keep other writes waiting for `ms`. */
export class SliceSize {
  rows: number = BOUNDS.first;

  constructor(private readonly ms: number) {}

  /** Adapts the next slice to the time that one of this size took. */
  took(ms: number): void {
    const rows = Math.round((this.rows * this.ms) / ms);
    this.rows = Math.min(BOUNDS.most, Math.max(BOUNDS.least, rows));
  }
}
