import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { openFoundations } from './foundations.js';
import { HttpAdapter, createFastify } from './http/fastify.js';
import { NestLogger, createLogger } from './http/logger.js';
import { Tracing } from './telemetry/tracing.js';

/**
 * Builds the application, ready to listen or to be injected into; main.ts and every test use it.
 * Throws ConfigError or DatabaseStartError, one line each, where it cannot start.
 */
export async function createApp(
  config: Config,
  log: Logger = createLogger(config),
): Promise<NestFastifyApplication> {
  const tracing = config.traces ? await Tracing.start() : undefined;
  const foundations = await openFoundations(config, { log, tracing });
  try {
    const fastify = await createFastify(config, log, tracing);
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
