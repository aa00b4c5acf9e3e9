import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { Foundations } from './app.module.js';
import type { Config } from './config/config.js';
import { useForTemporaryFiles } from './config/directories.js';
import { resolveSecretKey } from './config/secret-key.js';
import { Database } from './database/database.js';
import { HttpAdapter, createFastify } from './http/fastify.js';
import { NestLogger, createLogger } from './http/logger.js';

/**
 * Builds the application, ready to listen or to be injected into; main.ts and every test use it.
 * Throws ConfigError or DatabaseStartError, one line each, where it cannot start.
 */
export async function createApp(
  config: Config,
  log: Logger = createLogger(config),
): Promise<NestFastifyApplication> {
  const foundations = await openFoundations(config, log);
  try {
    const fastify = await createFastify(config, log);
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.forRoot(foundations),
      new HttpAdapter(fastify),
      { bodyParser: false, logger: new NestLogger(log), abortOnError: false },
    );
    await app.init();
    await fastify.ready();
    return app;
  } catch (error) {
    await foundations.database.close();
    throw error;
  }
}

/** The secret and the migrated database that a configuration leads to; the command line needs no more. */
export async function openFoundations(config: Config, log?: Logger): Promise<Foundations> {
  const secretKey = resolveSecretKey(config);
  useForTemporaryFiles(config.dataDir);
  const { databaseUrl: url, databasePool: pool, databasePooler: pooler } = config;
  const { sqliteSynchronous: synchronous } = config;
  const database = await Database.open({ url, pool, pooler, synchronous }, log);
  return { config, secretKey, database };
}
