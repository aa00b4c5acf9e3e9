import { readFile, readdir } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';

/** With fewer descriptors left, a process may soon fail to accept connections or to open its database (Linux). */
const LEAST_FREE = 50;

/** How long a count stays true enough (milliseconds): strangers may ask often. */
const KEPT_MS = 1_000;

/** Whether the process has file descriptors left; elsewhere than on Linux, always. */
@Injectable()
export class Descriptors {
  #enough?: Promise<boolean>;

  /** Counts at most once a second. */
  enough(): Promise<boolean> {
    if (this.#enough === undefined) {
      this.#enough = count();
      setTimeout(() => (this.#enough = undefined), KEPT_MS).unref();
    }
    return this.#enough;
  }
}

async function count(): Promise<boolean> {
  try {
    const [limits, open] = await Promise.all([
      readFile('/proc/self/limits', 'utf8'),
      readdir('/proc/self/fd'),
    ]);
    const [, limit] = /^Max open files +(\d+)/m.exec(limits) ?? [];
    return limit === undefined || Number(limit) - open.length >= LEAST_FREE;
  } catch (error) {
    // Without a free descriptor, neither can be opened.
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'EMFILE' && code !== 'ENFILE';
  }
}
