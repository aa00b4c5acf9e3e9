import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from '../../database/database.js';
import { DatabaseClock } from '../database-clock.js';
import { ExpiredRowsRepository } from './expired-rows.repository.js';
import { SWEEP_INTERVAL_MS } from './limits.js';
import { ThrottleSweep } from './throttle-sweep.js';

@Module({
  providers: [
    ThrottleSweep,
    ExpiredRowsRepository,
    DatabaseClock,
    { provide: Database, useValue: { dialect: 'sqlite' } },
  ],
})
class SweepModule {}

describe('the sweep', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('should run every ten minutes from the start of the application to its end', async () => {
    const app = await NestFactory.createApplicationContext(SweepModule, { logger: false });
    const sweep = vi.spyOn(app.get(ExpiredRowsRepository), 'sweep').mockResolvedValue(0);
    await vi.advanceTimersByTimeAsync(SWEEP_INTERVAL_MS);
    expect(sweep).toHaveBeenCalledTimes(1);
    sweep.mockRejectedValueOnce(new Error('the database is away'));
    await vi.advanceTimersByTimeAsync(3 * SWEEP_INTERVAL_MS);
    expect(sweep).toHaveBeenCalledTimes(4);

    await app.close();
    await vi.advanceTimersByTimeAsync(10 * SWEEP_INTERVAL_MS);
    expect(sweep).toHaveBeenCalledTimes(4);
  });

  it('should not begin at the same moment in replicas that start together', () => {
    const delays = Array.from({ length: 5 }, () => {
      const timer = vi.spyOn(globalThis, 'setTimeout');
      const sweep = new ThrottleSweep({} as ExpiredRowsRepository);
      sweep.onApplicationBootstrap();
      sweep.beforeApplicationShutdown();
      return timer.mock.lastCall?.[1];
    });
    expect(new Set(delays).size).toBe(5);
  });
});
