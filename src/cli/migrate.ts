import type { Command } from 'commander';
import { openFoundations } from '../app.js';
import { loadConfig } from '../config/config.js';
import { show } from './run.js';

/** `migrate`: what every start does first, on its own. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the schema of the database up to date')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { database } = await openFoundations(loadConfig());
      await database.close();
      show(options, { migrated: true }, 'the database is up to date');
    });
}
