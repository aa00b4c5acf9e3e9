import { describe, test } from 'vitest';
import { databases } from '../support/app.js';
import type { DatabaseKind } from '../support/app.js';
import { FAULTS } from './faults.js';
import type { Fault } from './faults.js';
import { endure } from './round.js';
import { canMount, hasPooler } from './subject.js';

/** Of each fault; without it those of the table. */
const ROUNDS = process.env.CHAOS_ROUNDS;

const hasDisks = canMount();

/** What the machine lets us try. */
function isPossible({ disks = [], pooled = false }: Fault): boolean {
  return (disks.length === 0 || hasDisks) && (!pooled || hasPooler);
}

function faultsOn(kind: DatabaseKind): Fault[] {
  return FAULTS.filter(({ only = kind }) => only === kind);
}

describe.each(databases())('the product on %s', kind => {
  for (const fault of faultsOn(kind)) {
    test.runIf(isPossible(fault))(`is whole again after: ${fault.name}`, () =>
      endure(kind, [fault], Number(ROUNDS ?? fault.rounds ?? 3)),
    );
  }
});

describe.each(databases())('two faults at once on %s', kind => {
  const common = faultsOn(kind).filter(({ isCommon }) => isCommon);
  for (const [index, one] of common.entries()) {
    for (const other of common.slice(index + 1)) {
      test.runIf(isPossible(one) && isPossible(other))(`${one.name} + ${other.name}`, () =>
        endure(kind, [one, other], 1),
      );
    }
  }
});
