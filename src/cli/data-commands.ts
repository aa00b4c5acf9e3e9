import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { SEPARATORS as Separators } from '../authors/transfer/csv-header.js';
import type { ImportOptions } from '../authors/transfer/import.service.js';
import type { ImportFormat } from '../authors/transfer/record-readers.js';
import type { ExportFormat } from '../authors/transfer/transfer-query.js';
import { isCharset } from '../authors/transfer/utf8-bytes.js';
import { addCommand } from './command.js';

const BACKUP_NOTES = `
Servers may keep running. The file is a SQLite database, even if the product runs on PostgreSQL.
Keep SECRET_KEY (if unset: the file secret.key in DATA_DIR) in another place: a backup is useless without it.`;

const RESTORE_NOTES = `
Stop the servers first. An existing SQLite database is kept under another name; a PostgreSQL database must be empty.
Whatever was revoked after the backup is valid again: rotate the keys (keys rotate) and check the users.`;

const COPY_NOTES = `
URL is sqlite:PATH or postgres://USER@HOST/DATABASE (or put the password into PGPASSWORD).
Stop the servers on the source first: their writes during the copy are not copied. The target gets everything or
nothing; it must be empty, and no server may have been started on it.
Start the servers on the target with the same SECRET_KEY (if unset: the file secret.key in DATA_DIR),
so that tokens and passwords stay valid.`;

/** The names of these objects are what an option takes; the types keep them complete. */
const FORMATS: Record<ImportFormat, true> = { csv: true, ndjson: true };
const EXPORT_FORMATS: Record<ExportFormat, true> = { ndjson: true, csv: true, json: true };
const ON_CONFLICT: Record<ImportOptions['onConflict'], true> = {
  error: true,
  skip: true,
  update: true,
};
const ON_ERROR: Record<ImportOptions['onError'], true> = { abort: true, skip: true };
const SEPARATORS: Record<(typeof Separators)[number], true> = {
  ',': true,
  ';': true,
  '\t': true,
  '|': true,
};

/** `backup FILE`, `restore FILE`, `copy --from URL --to URL`. */
export function addCopyCommands(program: Command): void {
  addCommand(
    program,
    'backup <file>',
    'write everything into a new file and verify it',
    async () => (await import('./backup.js')).backupTo,
  ).addHelpText('after', BACKUP_NOTES);
  addCommand(
    program,
    'restore <file>',
    'replace the database by a backup',
    async () => (await import('./backup.js')).restoreFrom,
  ).addHelpText('after', RESTORE_NOTES);
  addCommand(
    program,
    'copy',
    'copy everything into an empty SQLite or PostgreSQL database and verify it',
    async () => (await import('./copy.js')).copy,
  )
    .requiredOption('--from <url>', 'the database to read')
    .requiredOption('--to <url>', 'the empty database to fill')
    .addHelpText('after', COPY_NOTES);
}

/** `import FILE --user NAME` and `export FILE --user NAME`, like the routes of the same names. */
export function addTransferCommands(program: Command): void {
  addCommand(
    program,
    'import <file>',
    "import a CSV or NDJSON file into a user's authors; - is standard input",
    async () => (await import('./transfer.js')).importFile,
  )
    .requiredOption('--user <name>', 'the owner of the imported authors')
    .addOption(new Option('--format <format>', 'default: by the file name').choices(keys(FORMATS)))
    .addOption(choice('--on-conflict', 'a record already exists', keys(ON_CONFLICT)))
    .addOption(choice('--on-error', 'a line is faulty', keys(ON_ERROR)))
    .option('--columns <columns>', 'fields and their headers, such as book:Title,name:Author')
    .option('--charset <name>', 'default: utf-8, or by the byte order mark', charsetOf);
  addCommand(
    program,
    'export <file>',
    "export a user's authors to a new file; - is standard output",
    async () => (await import('./transfer.js')).exportFile,
  )
    .requiredOption('--user <name>', 'the owner of the authors')
    .addOption(
      new Option('--format <format>', 'default: by the file name').choices(keys(EXPORT_FORMATS)),
    )
    .option('--bom', 'CSV: begin with a byte order mark, which Excel needs')
    .addOption(
      new Option('--separator <character>', 'CSV: what is between two cells').choices(
        keys(SEPARATORS),
      ),
    );
}

function keys(names: Readonly<Record<string, true>>): string[] {
  return Object.keys(names);
}

function choice(flag: string, when: string, values: readonly string[]): Option {
  return new Option(`${flag} <what>`, `what to do when ${when}`).choices(values).default(values[0]);
}

function charsetOf(text: string): string {
  if (!isCharset(text)) {
    throw new InvalidArgumentError('is not known');
  }
  return text;
}
