import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { AUTHORS } from '../authors/author.members.js';
import { ExportService } from '../authors/transfer/export.service.js';
import { ImportService } from '../authors/transfer/import.service.js';
import type { ImportOptions } from '../authors/transfer/import.service.js';
import type { ImportFormat } from '../authors/transfer/record-readers.js';
import { EXPORT_TYPES, ON_CONFLICT, ON_ERROR } from '../authors/transfer/transfer-query.js';
import type { ExportFormat } from '../authors/transfer/transfer-query.js';
import type { ImportResponse } from '../authors/transfer/transfer.dto.js';
import { Lists } from '../lists/lists.js';
import { UsersRepository } from '../users/users.repository.js';
import { findUser } from './find-user.js';
import { progressBar } from './progress-bar.js';
import { CommandError, show, withServices } from './run.js';

interface Options {
  user: string;
  json?: boolean;
}

interface ImportFlags extends Options, Pick<ImportOptions, 'onConflict' | 'onError'> {
  format?: ImportFormat;
}

interface ExportFlags extends Options {
  format?: ExportFormat;
}

const EXTENSIONS: Readonly<Record<string, ExportFormat>> = {
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.json': 'json',
};

/** Faults shown without `--json`, which shows 1,000. */
const FAULTS_SHOWN = 10;

/** `import FILE --user NAME` and `export FILE --user NAME`, like the routes of the same names. */
export function addTransferCommands(program: Command): void {
  program
    .command('import')
    .description("import a CSV or NDJSON file into a user's authors")
    .argument('<file>')
    .requiredOption('--user <name>', 'the owner of the imported authors')
    .addOption(
      new Option('--format <format>', 'default: by the file name').choices(['csv', 'ndjson']),
    )
    .addOption(choice('--on-conflict', 'a record already exists', ON_CONFLICT))
    .addOption(choice('--on-error', 'a line is faulty', ON_ERROR))
    .option('--json', 'print JSON')
    .action(importFile);
  program
    .command('export')
    .description("export a user's authors to a new file")
    .argument('<file>')
    .requiredOption('--user <name>', 'the owner of the authors')
    .addOption(
      new Option('--format <format>', 'default: by the file name').choices(
        Object.keys(EXPORT_TYPES),
      ),
    )
    .option('--json', 'print JSON')
    .action(exportFile);
}

const choice = (flag: string, when: string, values: readonly string[]): Option =>
  new Option(`${flag} <what>`, `what to do when ${when}`).choices(values).default(values[0]);

async function importFile(file: string, flags: ImportFlags): Promise<void> {
  const format = flags.format ?? formatOf(file);
  if (format === 'json') {
    throw new CommandError('an import takes CSV or NDJSON');
  }
  const { size } = await stat(file).catch(unreadable(file));
  const bar = progressBar();
  const response = await withServices(async app => {
    const { id } = await findUser(app.get(UsersRepository), flags.user);
    const content = counted(createReadStream(file), done => bar.draw(done, size));
    const options = { format, onConflict: flags.onConflict, onError: flags.onError };
    return app.get(ImportService).run(id, options, content);
  }).finally(bar.clear);
  show(flags, response, summary(response));
}

function summary({
  created,
  updated,
  skipped,
  errors,
  error_count: count,
}: ImportResponse): string {
  const lines = [`${created} created, ${updated} updated, ${skipped} skipped, ${count} faulty`];
  lines.push(...errors.slice(0, FAULTS_SHOWN).map(({ line, detail }) => `line ${line}: ${detail}`));
  if (count > FAULTS_SHOWN) {
    lines.push(`… and ${count - FAULTS_SHOWN} more (--json shows the first 1,000)`);
  }
  return lines.join('\n');
}

async function* counted(
  chunks: AsyncIterable<Buffer>,
  progress: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    progress(bytes);
    yield chunk;
  }
}

async function exportFile(file: string, flags: ExportFlags): Promise<void> {
  const format = flags.format ?? formatOf(file);
  const bar = progressBar();
  const records = await withServices(async app => {
    const { id } = await findUser(app.get(UsersRepository), flags.user);
    const total = await app.get(Lists).count(AUTHORS, id);
    let records = 0;
    const target = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
    const text = app.get(ExportService).write(id, format, undefined, count => {
      records = count;
      bar.draw(count, total);
    });
    await pipeline(Readable.from(text), target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') {
        throw new CommandError(`${file} already exists; choose another file name`);
      }
      await rm(file, { force: true });
      throw error;
    });
    return records;
  }).finally(bar.clear);
  show(flags, { file, records }, `${records} records are in ${file}`);
}

function formatOf(file: string): ExportFormat {
  const format = EXTENSIONS[path.extname(file).toLowerCase()];
  if (format === undefined) {
    throw new CommandError(
      `cannot tell the format of ${file}: name it .csv or .ndjson, or use --format`,
    );
  }
  return format;
}

const unreadable =
  (file: string) =>
  ({ code }: NodeJS.ErrnoException): never => {
    throw new CommandError(`${file} cannot be read (${code})`);
  };
