import { createApp } from './app.js';
import { ConfigError, loadConfig } from './config/config.js';
import { DatabaseStartError } from './database/database-errors.js';
import { createLogger } from './http/logger.js';
import { shutDown } from './shutdown.js';

try {
  const config = loadConfig();
  const log = createLogger(config);
  const app = await createApp(config, log);
  // Not by Nest's own listen, which logs what fails, too: it is said once, below.
  const server = app.getHttpAdapter().getInstance();
  await server.listen({ port: config.port, host: config.host });
  const url = server.listeningOrigin;
  log.info(
    { api: url, documentation: `${url}/docs` },
    `listening on ${url}, documentation at ${url}/docs`,
  );
  shutDown(app, config.shutdownTimeout, log);
} catch (error) {
  fail(error);
}

function fail(error: unknown): never {
  const expected = error instanceof ConfigError || error instanceof DatabaseStartError;
  const { code } = error as { code?: string };
  const line = expected || code ? (error as Error).message : String((error as Error).stack);
  process.stderr.write(`library-api: ${line}\n`);
  process.exit(error instanceof ConfigError ? error.exitCode : 1);
}
