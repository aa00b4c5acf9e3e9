import { loadConfig } from '../config/config.js';
import { openFoundations } from '../foundations.js';
import { show, uses } from './output.js';

/** `migrate`: the migrations that every start of the server also runs. */
export async function migrate(): Promise<void> {
  const config = loadConfig();
  uses({ database: config.databaseUrl });
  const { database } = await openFoundations(config);
  await database.close();
  show({ migrated: true }, 'the database is up to date');
}
