import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

describe('FairQueue', () => {
  const lineOf = (...entries: [item: string, owner?: string][]): FairQueue<string> => {
    const line = new FairQueue<string>();
    entries.forEach(([item, owner]) => line.add(item, owner));
    return line;
  };
  const empty = (line: FairQueue<string>): (string | undefined)[] =>
    Array.from({ length: line.length }, () => line.next());

  it('should serve items without an owner in order', () => {
    expect(empty(lineOf(['1'], ['2'], ['3']))).toEqual(['1', '2', '3']);
  });

  it('should serve the first item of each owner before any second', () => {
    const line = lineOf(
      ['e1', 'eve'],
      ['e2', 'eve'],
      ['e3', 'eve'],
      ['a1', 'ada'],
      ['x'],
      ['a2', 'ada'],
    );
    expect(empty(line)).toEqual(['e1', 'a1', 'x', 'e2', 'a2', 'e3']);
  });

  it('should serve the items of one owner in order', () => {
    const line = lineOf(['1', 'ada'], ['2', 'ada'], ['3', 'ada']);
    const served: (string | undefined)[] = [];
    for (let i = 4; i < 9; i += 1) {
      served.push(line.next());
      line.add(`${i}`, 'ada');
    }
    expect(served).toEqual(['1', '2', '3', '4', '5']);
  });

  it('should serve an owner who came later before the next item of the owner whose item it served last', () => {
    const line = lineOf(['e1', 'eve'], ['e2', 'eve'], ['e3', 'eve']);
    expect(line.next()).toBe('e1');
    line.add('a1', 'ada');
    expect(empty(line)).toEqual(['a1', 'e2', 'e3']);
  });

  it('should show whose item comes next', () => {
    const line = lineOf(['e1', 'eve'], ['x']);
    expect([line.peek()?.owner, line.next(), line.peek()?.owner]).toEqual(['eve', 'e1', undefined]);
    line.next();
    expect(line.peek()).toBeUndefined();
  });

  it('should pass over owners that may not run', () => {
    const line = lineOf(['e1', 'eve'], ['a1', 'ada']);
    expect(line.next(owner => owner !== 'eve')).toBe('a1');
    expect(line.next(owner => owner !== 'eve')).toBeUndefined();
    expect(line.next()).toBe('e1');
  });

  it('should keep no one waiting for ever, even if many others come', () => {
    const line = lineOf(['e1', 'eve'], ['e2', 'eve'], ['e3', 'eve']);
    const served: (string | undefined)[] = [];
    for (let i = 0; i < 9; i += 1) {
      line.add(`${i}`, `user ${i}`);
      served.push(line.next());
    }
    expect(served).toEqual(expect.arrayContaining(['e1', 'e2', 'e3']));
  });

  it('should drop the newest item of the owner with the most', () => {
    const line = lineOf(['e1', 'eve'], ['e2', 'eve'], ['e3', 'eve'], ['a1', 'ada']);
    expect(line.dropLast()).toBe('e3');
    expect(empty(line)).toEqual(['e1', 'a1', 'e2']);
    expect(line.next()).toBeUndefined();
    expect(line.dropLast()).toBeUndefined();
  });

  it('should remove an item once, wherever it stands', () => {
    const line = lineOf(['1'], ['2'], ['3']);
    expect([line.remove('2'), line.remove('2')]).toEqual([true, false]);
    expect(empty(line)).toEqual(['1', '3']);
  });
});
