import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rfc3339 } from './time.js';

test('should write what toISOString writes', () => {
  const years = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) });
  const edges = fc
    .integer({ min: -1, max: 1 })
    .chain(at => years.map(ms => ms - (ms % 864e5) + at));
  fc.assert(
    fc.property(fc.oneof(years, edges), ms => {
      expect(rfc3339(ms)).toBe(new Date(ms).toISOString());
    }),
    { numRuns: 2_000 },
  );
});
