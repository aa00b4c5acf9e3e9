import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyKey } from './idempotency-key.entity.js';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { IdempotencySweep } from './idempotency-sweep.js';

/** Imported by each module with an `@Idempotent()` handler. */
@Module({
  imports: [TypeOrmModule.forFeature([IdempotencyKey])],
  providers: [IdempotencyKeysRepository, IdempotencySweep],
  exports: [IdempotencyKeysRepository],
})
export class IdempotencyModule {}
