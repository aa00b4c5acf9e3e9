import { Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { SWEEP_INTERVAL_MS } from './limits.js';
import { ThrottleService } from './throttle.service.js';

/** Sweeps every ten minutes, from a random moment on, so that replicas that start together do not sweep together. */
@Injectable()
export class ThrottleSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger(ThrottleSweep.name);
  #timer?: NodeJS.Timeout;

  constructor(private readonly throttle: ThrottleService) {}

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
      await this.throttle.sweep();
    } catch (error) {
      this.#log.warn(`expired rows stay until the next sweep: ${String(error)}`);
    }
    if (this.#timer === timer) {
      this.#schedule(SWEEP_INTERVAL_MS);
    }
  }
}
