import { Module } from '@nestjs/common';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { IdempotencySweep } from './idempotency-sweep.js';

/** Imported by each module with an `@Idempotent()` handler. */
@Module({
  providers: [IdempotencyKeysRepository, IdempotencySweep],
  exports: [IdempotencyKeysRepository],
})
export class IdempotencyModule {}
