import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LoopWatch } from './overload.js';

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    // The event loop stands.
  }
}

/** Turns of the event loop with two requests each, of which the first takes `ms`; how many were late. */
async function lateIn(watch: LoopWatch, turns: number, ms: number): Promise<number> {
  let late = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    expect(watch.isLate()).toBe(false);
    work(ms);
    late += Number(watch.isLate());
    await nextTurn();
  }
  return late;
}

describe('LoopWatch', () => {
  it('should find no request late in a burst, but late ones in an overload, and none after it', async () => {
    const watch = new LoopWatch();
    expect(await lateIn(watch, 4, 60)).toBe(0);
    expect(await lateIn(watch, 12, 60)).toBeGreaterThan(3);
    expect(await lateIn(watch, 1, 1)).toBe(0);
    expect(await lateIn(watch, 4, 60)).toBe(0);
    expect(await lateIn(watch, 60, 12)).toBe(0);
  });
});
