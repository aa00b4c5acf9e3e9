import type { Command } from 'commander';
import { openFoundations } from '../app.js';
import { loadConfig } from '../config/config.js';
import { show } from './run.js';

/** `migrate`: the migrations that every start of the server also runs. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('update the database schema')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { database } = await openFoundations(loadConfig());
      await database.close();
      show(options, { migrated: true }, 'the database is up to date');
    });
}
