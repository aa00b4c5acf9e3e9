import { loadConfig } from '../config/config.js';
import { backUp, restore } from '../database/copy/backup.js';
import { copying, totalRows } from './copy.js';
import { show, uses } from './output.js';

/** `backup FILE` */
export async function backupTo(file: string): Promise<void> {
  const { databaseUrl } = loadConfig();
  uses({ database: databaseUrl });
  const tables = await copying(progress => backUp(databaseUrl, file, progress));
  const rows = totalRows(tables);
  const sentence = `wrote ${rows} rows of ${tables.length} tables to ${file}; counts and checksums agree`;
  show({ file, rows, tables }, sentence);
}

/** `restore FILE` */
export async function restoreFrom(file: string): Promise<void> {
  const { databaseUrl } = loadConfig();
  uses({ database: databaseUrl });
  const kept = await copying(progress => restore(file, databaseUrl, progress));
  const sentence = `restored from ${file}`;
  show(
    { file, kept: kept ?? null },
    kept === undefined ? sentence : `${sentence}; the previous database is ${kept}`,
  );
}
