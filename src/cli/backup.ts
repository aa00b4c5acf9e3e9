import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import { backUp, restore } from '../database/copy/backup.js';
import { copying, totalRows } from './copy.js';
import { show } from './run.js';

interface Options {
  json?: boolean;
}

const BACKUP_NOTES = `
Servers may keep running. The file is a SQLite database, even if the product runs on PostgreSQL.
Keep SECRET_KEY (if unset: the file secret.key in DATA_DIR) in another place: a backup is useless without it.`;

const RESTORE_NOTES = `
Stop the servers first. An existing SQLite database is kept under another name; a PostgreSQL database must be empty.
Whatever was revoked after the backup is valid again: rotate the keys (keys rotate) and check the users.`;

/** `backup FILE` and `restore FILE`. */
export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .description('write everything into a new file and verify it')
    .argument('<file>')
    .option('--json', 'print JSON')
    .addHelpText('after', BACKUP_NOTES)
    .action(backupTo);
  program
    .command('restore')
    .description('replace the database by a backup')
    .argument('<file>')
    .option('--json', 'print JSON')
    .addHelpText('after', RESTORE_NOTES)
    .action(restoreFrom);
}

async function backupTo(file: string, options: Options): Promise<void> {
  const { databaseUrl } = loadConfig();
  const tables = await copying(progress => backUp(databaseUrl, file, progress));
  const rows = totalRows(tables);
  const sentence = `wrote ${rows} rows of ${tables.length} tables to ${file}; counts and checksums agree`;
  show(options, { file, rows, tables }, sentence);
}

async function restoreFrom(file: string, options: Options): Promise<void> {
  const { databaseUrl } = loadConfig();
  const kept = await copying(progress => restore(file, databaseUrl, progress));
  const sentence = `restored from ${file}`;
  show(
    options,
    { file, kept: kept ?? null },
    kept === undefined ? sentence : `${sentence}; the previous database is ${kept}`,
  );
}
