import type { Problem } from './problem.js';

/** The value, or throws the problem if there is none. */
export function found<T>(value: T | null | undefined, missing: () => Problem): T {
  if (value === undefined || value === null) {
    throw missing();
  }
  return value;
}
