import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';

const SWEEP_MS = 10 * 60 * 1000;
/** Keys deleted in one statement; other writes wait for it. */
const BATCH = 500;

/** Deletes expired answers. */
@Injectable()
export class IdempotencySweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer?: NodeJS.Timeout;

  constructor(private readonly keys: IdempotencyKeysRepository) {}

  onApplicationBootstrap(): void {
    const sweep = (): void => void this.sweep().catch(() => undefined);
    this.#timer = setInterval(sweep, SWEEP_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** Returns how many it deleted. */
  async sweep(now = Date.now()): Promise<number> {
    let total = 0;
    for (let deleted = BATCH; deleted === BATCH; total += deleted) {
      deleted = await this.keys.deleteExpired(now, BATCH);
    }
    return total;
  }
}
