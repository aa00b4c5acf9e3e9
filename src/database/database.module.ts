import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { Database } from './database.js';

/** Gives every module the one database, which is opened before the application is built and closed with it. */
@Module({})
export class DatabaseModule {
  static register(database: Database): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [{ provide: Database, useValue: database }],
      exports: [Database],
    };
  }
}
