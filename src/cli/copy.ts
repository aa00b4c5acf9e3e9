import { databaseUrl } from '../config/value-types.js';
import { copyDatabase } from '../database/copy/copy-database.js';
import type { CopiedRows, CopyOptions } from '../database/copy/copy-database.js';
import { CopyError } from '../database/copy/copy-end.js';
import { CommandError, show, uses } from './output.js';
import { progressBar } from './progress-bar.js';

/** `copy --from URL --to URL`: copies everything between SQLite and PostgreSQL, in either direction. */
export async function copy(options: { from: string; to: string }): Promise<void> {
  const [from, to] = [urlOf(options.from), urlOf(options.to)];
  uses({ from, to });
  const tables = await copying(progress => copyDatabase(from, to, { progress }));
  const rows = totalRows(tables);
  const sentence = `copied ${rows} rows of ${tables.length} tables; counts and checksums agree`;
  show({ rows, tables }, sentence);
}

function urlOf(text: string): string {
  const url = databaseUrl.parse(text);
  if (url === undefined) {
    throw new CommandError(
      'a database URL must be sqlite:PATH or postgres://USER@HOST/DATABASE',
      'usage',
    );
  }
  return url;
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
