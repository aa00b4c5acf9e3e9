import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../../audit/audit.module.js';
import { UsersModule } from '../../users/users.module.js';
import { DatabaseClock } from '../database-clock.js';
import { CodesController } from './codes.controller.js';
import { CodesService } from './codes.service.js';
import { OneTimeCode } from './one-time-code.entity.js';
import { OneTimeCodesRepository } from './one-time-codes.repository.js';

/** One-time codes: password-reset codes and login tickets. */
@Module({
  imports: [TypeOrmModule.forFeature([OneTimeCode]), UsersModule, AuditModule],
  controllers: [CodesController],
  providers: [CodesService, OneTimeCodesRepository, DatabaseClock],
  exports: [CodesService, OneTimeCodesRepository, DatabaseClock],
})
export class CodesModule {}
