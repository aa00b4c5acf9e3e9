import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ReadingPace } from './reading-pace.js';

const ANSWER = { headersSent: true } as ServerResponse;

/** A client that reads this many bytes each second of what the server has ready; returns the second of the cut. */
function cutOff(answer: number, bytesPerSecond: number, seconds: number): number | undefined {
  const socket = { bytesWritten: 0, writableLength: 0 };
  const pace = new ReadingPace(socket);
  let read = 0;
  for (let second = 0; second < seconds; second += 1) {
    // The server stays 64 kB ahead, as streams do.
    socket.bytesWritten = Math.min(answer, read + 65_536);
    socket.writableLength = socket.bytesWritten - read;
    if (pace.isTooSlow(ANSWER, second * 1000)) {
      return second;
    }
    read = Math.min(socket.bytesWritten, read + bytesPerSecond);
  }
  return undefined;
}

describe('a client that reads an answer', () => {
  test('has 30 s and the time for what is sent if it reads nothing', () => {
    expect(cutOff(1e9, 0, 1_000)).toBeGreaterThan(30);
    expect(cutOff(1e9, 0, 1_000)).toBeLessThan(40);
  });

  test('may read 10 kB a second, but not 5', () => {
    expect(cutOff(1e9, 10_000, 800)).toBeUndefined();
    expect(cutOff(1e9, 5_000, 800)).toBeLessThan(100);
  });

  test('saves up one minute at most', () => {
    const socket = { bytesWritten: 0, writableLength: 0 };
    const pace = new ReadingPace(socket);
    for (let second = 0; second < 100; second += 1) {
      socket.bytesWritten += 1e7;
      expect(pace.isTooSlow(ANSWER, second * 1000)).toBe(false);
    }
    socket.writableLength = 10_000;
    expect(pace.isTooSlow(ANSWER, 150_000)).toBe(false);
    expect(pace.isTooSlow(ANSWER, 170_000)).toBe(true);
  });

  test('has 15 minutes for one answer, however fast it reads', () => {
    expect(cutOff(1e12, 1e6, 2_000)).toBe(901);
  });

  test('has the whole time again for the next answer, and all time while nothing is sent', () => {
    const socket = { bytesWritten: 100, writableLength: 100 };
    const pace = new ReadingPace(socket);
    for (let second = 0; second < 100; second += 20) {
      expect(pace.isTooSlow({ ...ANSWER } as ServerResponse, second * 1000)).toBe(false);
    }
    expect(pace.isTooSlow(undefined, 1e6)).toBe(false);
    expect(pace.isTooSlow({ headersSent: false } as ServerResponse, 2e6)).toBe(false);
  });
});
