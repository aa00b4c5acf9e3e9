import type { Slice } from './database.types.js';
import { SliceSize } from './slice-size.js';
import type { Store } from './store.js';

const SLICE_MS = 15;

/** Gets how many rows the slice should change, and whether the one before changed as many as it should. */
export type NextSlice = (
  size: number,
  isFull: boolean,
) => Slice | undefined | Promise<Slice | undefined>;

/** Runs slice after slice; returns the number of rows changed. */
export async function runSlices(store: Store, next: NextSlice): Promise<number> {
  const size = new SliceSize(SLICE_MS);
  let changed = 0;
  let slice = await next(size.rows, true);
  while (slice !== undefined) {
    const { rows, ms } = await store.runSlice(slice);
    changed += rows;
    const isFull = rows >= size.rows;
    size.took(ms);
    slice = await next(size.rows, isFull);
  }
  return changed;
}
