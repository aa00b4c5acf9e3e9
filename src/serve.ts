import { createApp } from './app.js';
import { reportListening, serveWithProcesses, startsProcesses } from './cluster.js';
import { ConfigError, loadConfig } from './config/config.js';
import type { Config } from './config/config.js';
import { DatabaseStartError, withoutSecrets } from './database/database-errors.js';
import { createLogger } from './http/logger.js';
import { shutDown } from './shutdown.js';

/** Serves with one process or several; if it cannot start, prints why and exits. */
export async function main(): Promise<void> {
  try {
    await start(loadConfig());
  } catch (error) {
    fail(error);
  }
}

/** Serves with one process or several. Throws if it cannot start. */
export async function start(config: Config): Promise<void> {
  if (startsProcesses(config.webConcurrency)) {
    const log = createLogger(config);
    serveWithProcesses(config.webConcurrency, log, url => announce(url, config, log));
  } else {
    await serve(config);
  }
}

async function serve(config: Config): Promise<void> {
  const log = createLogger(config);
  const app = await createApp(config, log);
  // Nest's own listen would log a failure a second time.
  const server = app.getHttpAdapter().getInstance();
  await server.listen({ port: config.port, host: config.host });
  shutDown(app, config.shutdownTimeout, log);
  const url = server.listeningOrigin;
  if (!reportListening(url)) {
    announce(url, config, log);
  }
}

function announce(
  url: string,
  { databaseUrl }: Config,
  log: ReturnType<typeof createLogger>,
): void {
  log.info(
    { api: url, documentation: `${url}/docs`, database: withoutSecrets(databaseUrl) },
    `listening on ${url}, documentation at ${url}/docs`,
  );
}

function fail(error: unknown): never {
  const expected = error instanceof ConfigError || error instanceof DatabaseStartError;
  const { code } = error as { code?: string };
  const line = expected || code ? (error as Error).message : String((error as Error).stack);
  process.stderr.write(`library-api: ${line}\n`);
  process.exit(error instanceof ConfigError ? error.exitCode : 1);
}
