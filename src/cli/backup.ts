import { AuditModule } from '../audit/audit.module.js';
import { AuditService } from '../audit/audit.service.js';
import { loadConfig } from '../config/config.js';
import { backUp, restore } from '../database/copy/backup.js';
import { Database } from '../database/database.js';
import { COMMAND_LINE } from '../http/origin.js';
import { copying, totalRows } from './copy.js';
import { ACTOR } from './operator.js';
import { show, uses } from './output.js';
import { withServices } from './services.js';

/** `backup FILE` */
export async function backupTo(file: string): Promise<void> {
  const { databaseUrl } = loadConfig();
  uses({ database: databaseUrl });
  const tables = await copying(progress => backUp(databaseUrl, file, progress));
  await recordBackup();
  const rows = totalRows(tables);
  const sentence = `wrote ${rows} rows of ${tables.length} tables to ${file}; counts and checksums agree`;
  show({ file, rows, tables }, sentence);
}

/** The event that `doctor` looks for. */
async function recordBackup(): Promise<void> {
  const event = { action: 'backup.made', actor: ACTOR, origin: COMMAND_LINE };
  await withServices([AuditModule], app =>
    app.get(Database).write(() => app.get(AuditService).record(event)),
  ).catch(() => {
    // The backup is good, even if this user cannot write to the database.
  });
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
