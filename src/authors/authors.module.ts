import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../http/idempotency.module.js';
import { AuthorsController } from './authors.controller.js';
import { AuthorsRepository } from './authors.repository.js';
import { AuthorsService } from './authors.service.js';

@Module({
  imports: [IdempotencyModule],
  controllers: [AuthorsController],
  providers: [AuthorsService, AuthorsRepository],
})
export class AuthorsModule {}
