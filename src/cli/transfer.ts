import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AUTHORS } from '../authors/author.members.js';
import { AuthorsModule } from '../authors/authors.module.js';
import { ExportService } from '../authors/transfer/export.service.js';
import { ImportService } from '../authors/transfer/import.service.js';
import type { ImportOptions } from '../authors/transfer/import.service.js';
import type { Imported } from '../authors/transfer/imported.js';
import type { ImportFormat } from '../authors/transfer/record-readers.js';
import { COLUMNS_TAKES, parseColumns } from '../authors/transfer/transfer-query.js';
import type { CsvStyle, ExportFormat } from '../authors/transfer/transfer-query.js';
import { IMPORT_EXTENSIONS } from '../authors/transfer/upload.js';
import { Lists } from '../lists/lists.js';
import { Problem } from '../problems/problem.js';
import { UsersModule } from '../users/users.module.js';
import { UsersRepository } from '../users/users.repository.js';
import { findUser } from './find-user.js';
import { CommandError, show } from './output.js';
import { progressBar } from './progress-bar.js';
import { withServices } from './services.js';

interface Options {
  user: string;
}

interface ImportFlags extends Options, Omit<ImportOptions, 'format' | 'columns'> {
  format?: ImportFormat;
  columns?: string;
}

interface ExportFlags extends Options, CsvStyle {
  format?: ExportFormat;
}

const FEATURES = [UsersModule, AuthorsModule];

const EXPORT_EXTENSIONS: Readonly<Record<string, ExportFormat>> = {
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.json': 'json',
};

/** The name of standard input and output. */
const STANDARD = '-';

/** `import FILE --user NAME`, like the route. */
export async function importFile(
  file: string,
  { user, columns: named, ...flags }: ImportFlags,
): Promise<void> {
  const unreadable = ({ code }: NodeJS.ErrnoException): never => {
    throw new CommandError(`${file} cannot be read (${code})`);
  };
  const columns = named === undefined ? undefined : columnsOf(named);
  const isStandard = file === STANDARD;
  const { size } = isStandard ? { size: Infinity } : await stat(file).catch(unreadable);
  const content = isStandard ? process.stdin : createReadStream(file);
  const { first, all } = await peek(content).catch(unreadable);
  const format = flags.format ?? importFormat(file, first);
  const bar = progressBar();
  const response = await withServices(FEATURES, async app => {
    const { id } = await findUser(app.get(UsersRepository), user);
    const counted = count(all, done => bar.draw(done, size));
    return app.get(ImportService).run(id, { ...flags, columns, format }, counted);
  })
    .catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'import_refused') {
        const { detail: message, errors, members } = error;
        const refused = { message, errors, ...members } as unknown as Faults;
        show(refused, faultLines(refused).join('\n'));
      }
      throw error;
    })
    .finally(bar.clear);
  show(response, summary(response));
}

function columnsOf(text: string) {
  const columns = parseColumns(text);
  if (columns === undefined) {
    throw new CommandError(`--columns must be ${COLUMNS_TAKES}`, 'usage');
  }
  return columns;
}

type Faults = Pick<Imported, 'errors' | 'error_count'>;

function summary({ created, updated, skipped, ignored_columns: ignored, ...faults }: Imported) {
  return [
    `${created} created, ${updated} updated, ${skipped} skipped, ${faults.error_count} faulty`,
    ...(ignored.length > 0 ? [`columns left out: ${ignored.join(', ')}`] : []),
    ...faultLines(faults),
  ].join('\n');
}

function faultLines({ errors, error_count: count }: Faults): string[] {
  const lines = errors.map(({ line, detail }) => `line ${line}: ${detail}`);
  return count > errors.length ? [...lines, `… and ${count - errors.length} more`] : lines;
}

/** The first chunk, and all chunks with it. */
async function peek(content: Readable) {
  const chunks = content[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const { value: first = Buffer.alloc(0) } = (await chunks.next()) as { value?: Buffer };
  async function* all(): AsyncGenerator<Buffer> {
    yield first;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      yield next.value;
    }
  }
  return { first, all: all() };
}

/** By the name of the file; standard input is NDJSON if it begins with an object. */
function importFormat(file: string, first: Buffer): ImportFormat {
  if (file === STANDARD) {
    return /^\s*\{/.test(first.toString()) ? 'ndjson' : 'csv';
  }
  const extension = path.extname(file).toLowerCase();
  if (extension === '.json') {
    throw new CommandError('an import takes CSV or NDJSON');
  }
  return IMPORT_EXTENSIONS[extension] ?? unknownFormat(file);
}

async function* count(
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

/** `export FILE --user NAME`, like the route. */
export async function exportFile(
  file: string,
  { user, format = exportFormat(file), bom, separator }: ExportFlags,
): Promise<void> {
  const style = { bom, separator };
  if (format !== 'csv' && (bom || separator !== undefined)) {
    throw new CommandError('--bom and --separator are only for CSV');
  }
  const bar = progressBar();
  const records = await withServices(FEATURES, async app => {
    const { id } = await findUser(app.get(UsersRepository), user);
    const total = await app.get(Lists).count(AUTHORS, id);
    let records = 0;
    const text = app.get(ExportService).write(id, { format, ...style }, undefined, done => {
      records = done;
      bar.draw(done, total);
    });
    await (file === STANDARD
      ? pipeline(Readable.from(text), process.stdout, { end: false })
      : writeFile(file, text));
    return records;
  }).finally(bar.clear);
  if (file !== STANDARD) {
    show({ file, records }, `${records} records are in ${file}`);
  }
}

async function writeFile(file: string, text: AsyncGenerator<string>): Promise<void> {
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(Readable.from(text), target).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') {
      throw new CommandError(`${file} already exists; choose another file name`);
    }
    await rm(file, { force: true });
    throw error;
  });
}

function exportFormat(file: string): ExportFormat {
  if (file === STANDARD) {
    return 'ndjson';
  }
  const extension = path.extname(file).toLowerCase();
  return EXPORT_EXTENSIONS[extension] ?? unknownFormat(file);
}

function unknownFormat(file: string): never {
  throw new CommandError(
    `cannot tell the format of ${file}: name it .csv or .ndjson, or use --format`,
  );
}
