import { describe, test } from 'vitest';
import { databases } from '../support/app.js';
import { endure } from './round.js';
import { FAULTS } from './faults.js';

describe.each(databases())('in short, the product on %s', kind => {
  const faults = FAULTS.filter(({ isShort, only = kind }) => isShort && only === kind);
  test.each(faults)('is whole again after this fault: $name', { timeout: 120_000 }, fault =>
    endure(kind, [fault], 1),
  );
});
