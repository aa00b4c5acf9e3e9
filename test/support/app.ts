import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { freshDatabase } from './fresh-database.js';
import { watchLog } from './secrets.js';

/** The built product, loaded as production loads it: workers and all. Only the types come from the source. */
export const product = {
  app: () => import('#dist/app.js') as unknown as Promise<typeof import('../../src/app.js')>,
  config: () =>
    import('#dist/config/config.js') as unknown as Promise<
      typeof import('../../src/config/config.js')
    >,
  database: () =>
    import('#dist/database/database.js') as unknown as Promise<
      typeof import('../../src/database/database.js')
    >,
  imports: () =>
    import('#dist/authors/transfer/import.service.js') as unknown as Promise<
      typeof import('../../src/authors/transfer/import.service.js')
    >,
  logger: () =>
    import('#dist/http/logger.js') as unknown as Promise<typeof import('../../src/http/logger.js')>,
};

export type DatabaseKind = 'sqlite' | 'postgres';

export { testDialects as databases } from './fresh-database.js';

export interface RunningApp {
  app: NestFastifyApplication;
  url: string;
  databaseUrl: string;
  dataDir: string;
  /** Every log line so far. */
  lines: string[];
  /** Closes the application; the database stays. */
  stop(): Promise<void>;
  /** Closes the application and removes its database. */
  close(): Promise<void>;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** A database that another application has made. */
  on?: { databaseUrl: string; dataDir: string };
}

/** Made anew by each run: a secret in a repository is none. */
export const SECRET = randomBytes(32).toString('base64');

/** The product on a free port, with a fresh database. Passwords are hashed at the lowest cost. */
export async function startApp(
  kind: DatabaseKind,
  options: StartOptions = {},
): Promise<RunningApp> {
  const own = options.on === undefined ? await freshDatabase(kind) : undefined;
  const databaseUrl = options.on?.databaseUrl ?? own!.url;
  const dataDir = options.on?.dataDir ?? mkdtempSync(join(tmpdir(), 'library-api-'));
  const { createApp } = await product.app();
  const { loadConfig } = await product.config();
  const { createLogger } = await product.logger();
  const config = loadConfig(
    {
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      SECRET_KEY: SECRET,
      BCRYPT_COST: '4',
      REGISTER_LIMIT: 'off',
      LOG_FORMAT: 'json',
      ...options.env,
    },
    join(dataDir, 'no.env'),
  );
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
    watchLog(line);
  };
  const log = createLogger(config, { write });
  const app = await createApp(config, log);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const stop = (): Promise<void> => app.close();
  const close = async (): Promise<void> => {
    await stop();
    await own?.remove();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { app, url, databaseUrl, dataDir, lines, stop, close };
}
