import { Module } from '@nestjs/common';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { IdempotencySweep } from './idempotency-sweep.js';
import { Idempotency } from './idempotency.js';

@Module({
  providers: [Idempotency, IdempotencyKeysRepository, IdempotencySweep],
  exports: [Idempotency],
})
export class IdempotencyModule {}
