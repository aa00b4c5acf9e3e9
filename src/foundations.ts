import type { Config } from './config/config.js';
import { useForTemporaryFiles } from './config/directories.js';
import { resolveSecretKey } from './config/secret-key.js';
import { Database } from './database/database.js';
import type { DatabaseLog } from './database/database.types.js';
import type { Tracing } from './telemetry/tracing.js';

/** What the application and the command line are made with. */
export interface Foundations {
  config: Config;
  secretKey: Buffer;
  database: Database;
}

interface Options {
  log?: DatabaseLog;
  tracing?: Tracing;
  /** Neither create nor migrate anything: a missing database or key is an error. */
  mustExist?: boolean;
}

/** The secret and the migrated database of a configuration. Throws ConfigError or DatabaseStartError, one line each. */
export async function openFoundations(
  config: Config,
  { log, tracing, mustExist = false }: Options = {},
): Promise<Foundations> {
  const { databaseUrl: url, databasePool: pool, databasePooler: pooler } = config;
  const { sqliteSynchronous: synchronous } = config;
  useForTemporaryFiles(config.dataDir);
  const open = (): Promise<Database> =>
    Database.open({ url, pool, pooler, synchronous, mustExist }, log, undefined, tracing);
  if (!mustExist) {
    const secretKey = resolveSecretKey(config);
    return { config, secretKey, database: await open() };
  }
  const database = await open();
  try {
    return { config, secretKey: resolveSecretKey(config, { mustExist }), database };
  } catch (error) {
    await database.close();
    throw error;
  }
}
