import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KeysModule } from '../keys/keys.module.js';
import { ThrottleBucket } from './bucket.entity.js';
import { KnownNetwork } from './known-network.entity.js';
import { ThrottleSweep } from './throttle-sweep.js';
import { ThrottleService } from './throttle.service.js';
import { TrustedDevice } from './trusted-device.entity.js';

/** Protection against guessing. Needs the global Database. */
@Module({
  imports: [TypeOrmModule.forFeature([ThrottleBucket, TrustedDevice, KnownNetwork]), KeysModule],
  providers: [ThrottleService, ThrottleSweep],
  exports: [ThrottleService],
})
export class ThrottleModule {}
