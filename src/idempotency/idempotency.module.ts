import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyKey } from './idempotency-key.entity.js';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { IdempotencySweep } from './idempotency-sweep.js';
import { Idempotency } from './idempotency.js';

@Module({
  imports: [TypeOrmModule.forFeature([IdempotencyKey])],
  providers: [Idempotency, IdempotencyKeysRepository, IdempotencySweep],
  exports: [Idempotency],
})
export class IdempotencyModule {}
