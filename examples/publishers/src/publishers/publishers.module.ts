import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Publisher } from './publisher.entity.js';
import { PublishersController } from './publishers.controller.js';
import { PublishersRepository } from './publishers.repository.js';
import { PublishersService } from './publishers.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Publisher])],
  controllers: [PublishersController],
  providers: [PublishersService, PublishersRepository],
})
export class PublishersModule {}
