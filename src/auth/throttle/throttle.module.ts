import { Module } from '@nestjs/common';
import { KeysModule } from '../keys/keys.module.js';
import { ThrottleSweep } from './throttle-sweep.js';
import { ThrottleService } from './throttle.service.js';

/** Protection against guessing. Needs the global Database. */
@Module({
  imports: [KeysModule],
  providers: [ThrottleService, ThrottleSweep],
  exports: [ThrottleService],
})
export class ThrottleModule {}
