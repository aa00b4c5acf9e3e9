import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditService } from './audit.service.js';
import { EventsRepository } from './events.repository.js';

@Module({
  controllers: [AuditController],
  providers: [AuditService, EventsRepository],
  exports: [AuditService],
})
export class AuditModule {}
