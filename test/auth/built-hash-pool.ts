import type * as Source from '../../src/auth/passwords/hash-pool.js';

/** HashPool as it is built: a thread loads plain JavaScript only. */
export async function builtHashPool(threads: number): Promise<Source.HashPool> {
  const file = new URL('../../dist/auth/passwords/hash-pool.js', import.meta.url);
  const { HashPool } = (await import(file.href)) as typeof Source;
  return new HashPool(threads);
}
