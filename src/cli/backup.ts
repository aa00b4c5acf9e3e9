import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import { backUp, restore } from '../database/copy/backup.js';
import { copying, totalRows } from './copy.js';
import { show } from './run.js';

interface Options {
  json?: boolean;
}

const BACKUP_NOTES = `
The servers may go on meanwhile. The file is a SQLite database, also where the product runs on PostgreSQL.
Keep SECRET_KEY (without one: the file secret.key in DATA_DIR) elsewhere: a backup is of no use without it.`;

const RESTORE_NOTES = `
Stop the servers first. A SQLite database that is there is kept under another name; PostgreSQL's must be empty.
What was revoked after the backup was made is valid again: rotate the keys (keys rotate) and look at the users.`;

/** `backup FILE` and `restore FILE`. */
export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .description('write everything into a new file, and verify it')
    .argument('<file>')
    .option('--json', 'print JSON')
    .addHelpText('after', BACKUP_NOTES)
    .action(backupTo);
  program
    .command('restore')
    .description('put a backup in the place of the database')
    .argument('<file>')
    .option('--json', 'print JSON')
    .addHelpText('after', RESTORE_NOTES)
    .action(restoreFrom);
}

async function backupTo(file: string, options: Options): Promise<void> {
  const { databaseUrl } = loadConfig();
  const tables = await copying(progress => backUp(databaseUrl, file, progress));
  const rows = totalRows(tables);
  const sentence = `${rows} rows of ${tables.length} tables are in ${file}; counts and checksums agree`;
  show(options, { file, rows, tables }, sentence);
}

async function restoreFrom(file: string, options: Options): Promise<void> {
  const { databaseUrl } = loadConfig();
  const kept = await copying(progress => restore(file, databaseUrl, progress));
  const sentence = `restored from ${file}`;
  show(
    options,
    { file, kept: kept ?? null },
    kept === undefined ? sentence : `${sentence}; what was there before is in ${kept}`,
  );
}
