import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { AuthorsModule } from './authors/authors.module.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import type { Foundations } from './foundations.js';
import { HealthModule } from './health/health.module.js';
import { DocsModule } from './http/docs/docs.module.js';
import { ListsModule } from './lists/lists.module.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { StrictValidationPipe } from './http/validation.pipe.js';
import { UsersModule } from './users/users.module.js';

@Module({})
export class AppModule {
  static forRoot({ config, secretKey, database }: Foundations): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config, secretKey),
        DatabaseModule.forRoot(database),
        ListsModule,
        AuditModule,
        UsersModule,
        AuthModule,
        AuthorsModule,
        HealthModule,
        DocsModule,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
      ],
    };
  }
}
