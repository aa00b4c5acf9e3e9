import type { Limit } from './limits.js';

/**
 * The generic cell rate algorithm: a bucket is one time, `tat`, at which it would be empty again.
 * Each try moves it on by the interval; a try is refused where that would put it further ahead than the burst reaches.
 */
export interface Bucket {
  /** Theoretical arrival time, epoch milliseconds. */
  readonly tat: number;
  /** Tries since the last that succeeded. */
  readonly failures: number;
}

/** One place that an attempt needs. */
export interface Charge {
  readonly key: string;
  readonly limit: Limit;
}

/** A place that is taken, and by how many milliseconds it moved its bucket. */
export interface Place {
  readonly key: string;
  readonly costMs: number;
}

/** By how many milliseconds the next try moves the bucket. */
export function costOf({ intervalMs, slow }: Limit, failures: number): number {
  return slow !== undefined && failures >= slow.afterFailures ? slow.intervalMs : intervalMs;
}

/** How far ahead of the present the bucket may get, in milliseconds. */
export function reachOf({ burst, intervalMs }: Limit): number {
  return burst * intervalMs;
}

/** Milliseconds until a place is free; 0 where one is. */
export function waitOf(limit: Limit, { tat, failures }: Bucket, now: number): number {
  return Math.max(0, tat - now + costOf(limit, failures) - reachOf(limit));
}

/**
 * How long a failure is remembered after its bucket is empty, in milliseconds for each failure.
 * Just so long that whoever pauses in order to be forgotten gets no more tries in a day than whoever goes on slowly.
 */
export function memoryOf({ intervalMs, slow }: Limit): number {
  return slow === undefined ? 0 : slow.intervalMs - intervalMs;
}
