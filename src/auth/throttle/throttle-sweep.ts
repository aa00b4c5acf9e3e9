import { Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { ExpiredRowsRepository } from './expired-rows.repository.js';
import { SWEEP_INTERVAL_MS } from './limits.js';

/** Sweeps every ten minutes; a random first delay keeps replicas that start together apart. */
@Injectable()
export class ThrottleSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger(ThrottleSweep.name);
  #timer?: NodeJS.Timeout;

  constructor(private readonly expiredRows: ExpiredRowsRepository) {}

  onApplicationBootstrap(): void {
    this.#schedule(Math.random() * SWEEP_INTERVAL_MS);
  }

  beforeApplicationShutdown(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#sweep(), delayMs).unref();
  }

  async #sweep(): Promise<void> {
    const timer = this.#timer;
    try {
      await this.expiredRows.sweep();
    } catch (error) {
      this.#log.warn(`expired rows stay until the next sweep: ${String(error)}`);
    }
    if (this.#timer === timer) {
      this.#schedule(SWEEP_INTERVAL_MS);
    }
  }
}
