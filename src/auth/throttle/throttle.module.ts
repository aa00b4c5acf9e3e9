import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CodesModule } from '../codes/codes.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { BucketsRepository } from './buckets.repository.js';
import { ExpiredRowsRepository } from './expired-rows.repository.js';
import { KnownNetwork } from './known-network.entity.js';
import { ThrottleSweep } from './throttle-sweep.js';
import { ThrottleService } from './throttle.service.js';
import { TrustRepository } from './trust.repository.js';
import { TrustedDevice } from './trusted-device.entity.js';

/** Protection against guessing; docs/throttling.md describes it. */
@Module({
  imports: [TypeOrmModule.forFeature([TrustedDevice, KnownNetwork]), KeysModule, CodesModule],
  providers: [
    ThrottleService,
    ThrottleSweep,
    BucketsRepository,
    TrustRepository,
    ExpiredRowsRepository,
  ],
  exports: [ThrottleService],
})
export class ThrottleModule {}
