import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { openFoundations } from '../foundations.js';
import { ListsModule } from '../lists/lists.module.js';
import { uses } from './output.js';

@Module({})
class CommandModule {}

interface Options {
  /** Create and migrate the database. Without it, a missing database is an error. */
  creates?: boolean;
}

/** Runs `work` with the services of some features on the configured database, without serving, and closes them. */
export async function withServices<T>(
  features: readonly Type[],
  work: (app: INestApplicationContext) => Promise<T>,
  { creates = false }: Options = {},
): Promise<T> {
  const config = loadConfig();
  uses({ database: config.databaseUrl });
  const { database, secretKey } = await openFoundations(config, { mustExist: !creates });
  let app: INestApplicationContext;
  try {
    const imports = [
      ConfigModule.forRoot(config, secretKey),
      DatabaseModule.forRoot(database),
      ListsModule,
      ...features,
    ];
    const module = { module: CommandModule, imports };
    app = await NestFactory.createApplicationContext(module, {
      logger: false,
      abortOnError: false,
    });
  } catch (error) {
    await database.close();
    throw error;
  }
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
