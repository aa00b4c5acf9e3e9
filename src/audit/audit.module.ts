import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditController } from './audit.controller.js';
import { AuditService } from './audit.service.js';
import { Event } from './event.entity.js';
import { EventsRepository } from './events.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([Event])],
  controllers: [AuditController],
  providers: [AuditService, EventsRepository],
  exports: [AuditService],
})
export class AuditModule {}
