import type { Command } from 'commander';
import { copyDatabase } from '../database/copy/copy-database.js';
import type { CopiedRows, CopyOptions } from '../database/copy/copy-database.js';
import { CopyError } from '../database/copy/copy-end.js';
import { progressBar } from './progress-bar.js';
import { CommandError, show } from './run.js';

interface Options {
  from: string;
  to: string;
  json?: boolean;
}

const NOTES = `
URL is sqlite:PATH or postgres://USER@HOST/DATABASE (or put the password into PGPASSWORD).
Stop the servers on the source first: their writes during the copy are not copied. The target gets everything or
nothing; it must be empty, and no server may have been started on it.
Start the servers on the target with the same SECRET_KEY (if unset: the file secret.key in DATA_DIR),
so that tokens and passwords stay valid.`;

/** `copy --from URL --to URL`: copies everything between SQLite and PostgreSQL, in either direction. */
export function addCopyCommand(program: Command): void {
  program
    .command('copy')
    .description('copy everything into an empty SQLite or PostgreSQL database and verify it')
    .requiredOption('--from <url>', 'the database to read')
    .requiredOption('--to <url>', 'the empty database to fill')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action(copy);
}

async function copy(options: Options): Promise<void> {
  const tables = await copying(progress => copyDatabase(options.from, options.to, { progress }));
  const rows = totalRows(tables);
  const sentence = `copied ${rows} rows of ${tables.length} tables; counts and checksums agree`;
  show(options, { rows, tables }, sentence);
}

export function totalRows(tables: readonly CopiedRows[]): number {
  return tables.reduce((sum, table) => sum + table.rows, 0);
}

/** Runs `work` with a progress bar. Turns a CopyError into a CommandError. */
export async function copying<T>(
  work: (progress: CopyOptions['progress']) => Promise<T>,
): Promise<T> {
  const bar = progressBar();
  try {
    return await work(bar.draw);
  } catch (error) {
    throw error instanceof CopyError ? new CommandError(error.message) : error;
  } finally {
    bar.clear();
  }
}
