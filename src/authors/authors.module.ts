import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { Author } from './author.entity.js';
import { AuthorsController } from './authors.controller.js';
import { AuthorsRepository } from './authors.repository.js';
import { AuthorsService } from './authors.service.js';
import { ExportService } from './transfer/export.service.js';
import { ImportService } from './transfer/import.service.js';
import { TransferController } from './transfer/transfer.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([Author]), IdempotencyModule],
  controllers: [TransferController, AuthorsController],
  providers: [AuthorsService, AuthorsRepository, ImportService, ExportService],
  exports: [AuthorsRepository, ImportService, ExportService],
})
export class AuthorsModule {}
