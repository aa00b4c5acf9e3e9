import { extname } from 'node:path';
import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readQuery } from '../../lists/list-query.js';
import { Problem } from '../../problems/problem.js';
import { readFormFile } from './form-file.js';
import type { ImportOptions } from './import.service.js';
import type { ImportFormat } from './record-readers.js';
import { IMPORT } from './transfer-query.js';
import type { ImportQuery } from './transfer-query.js';
import { isCharset } from './utf8-bytes.js';

const FORM = 'multipart/form-data';

/** The media types of files; `application/vnd.ms-excel` is what Windows says of a CSV file. */
const FILE_TYPES: Readonly<Record<string, ImportFormat>> = {
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'application/csv': 'csv',
  'application/vnd.ms-excel': 'csv',
};

export const UPLOAD_TYPES = [...Object.keys(FILE_TYPES), FORM];

/** The formats of files by the ends of their names. */
export const IMPORT_EXTENSIONS: Readonly<Record<string, ImportFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.tab': 'csv',
  '.txt': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

const FILE = { type: 'string', format: 'binary' } as const;

const EXAMPLES: Readonly<Record<string, string>> = {
  ndjson:
    '{"name":"Margaret Atwood","book":"The Testaments","country":"Canada","booker_prize":true}\n',
  csv: 'name,book,country,booker_prize\nMargaret Atwood,The Testaments,Canada,true\n',
};

/** The OpenAPI schema of each media type. */
export const UPLOAD_CONTENT = {
  // The first one is what Swagger UI offers, with a file chooser.
  [FORM]: { schema: { type: 'object', required: ['file'], properties: { file: FILE } } },
  ...Object.fromEntries(
    Object.entries(FILE_TYPES).map(([type, format]) => [
      type,
      { schema: FILE, example: EXAMPLES[format] },
    ]),
  ),
};

export interface Upload {
  options: ImportOptions;
  content: AsyncIterable<Uint8Array>;
}

/** Injects the file that a request uploads, and how to import it. */
export const Uploaded = createParamDecorator(
  async (_: unknown, context: ExecutionContext): Promise<Upload> => {
    const { query, headers, body } = context.switchToHttp().getRequest<FastifyRequest>();
    const asked = readQuery(IMPORT, query as {}) as ImportQuery;
    const mediaType = headers['content-type'] ?? '';
    if (body === undefined) {
      throw unsupported();
    }
    const content = body as Upload['content'];
    const isForm = essence(mediaType) === FORM;
    const file = isForm ? await readFormFile(mediaType, content) : { type: mediaType, content };
    const byName =
      'fileName' in file ? IMPORT_EXTENSIONS[extname(file.fileName).toLowerCase()] : undefined;
    const format = byName ?? FILE_TYPES[essence(file.type)];
    if (format === undefined) {
      throw unsupported();
    }
    return {
      options: { ...optionsOf(asked), format, charset: charsetOf(file.type) },
      content: file.content,
    };
  },
);

function optionsOf({
  on_conflict: onConflict = 'error',
  on_error: onError = 'abort',
  columns,
}: ImportQuery): Omit<ImportOptions, 'format'> {
  return { onConflict, onError, columns };
}

const essence = (mediaType: string): string => mediaType.toLowerCase().split(';', 1)[0].trim();

function charsetOf(mediaType: string): string | undefined {
  const charset = /;\s*charset="?([^\s;"]*)/i.exec(mediaType)?.[1];
  if (charset !== undefined && !isCharset(charset)) {
    throw unsupported(`the charset ${JSON.stringify(charset.slice(0, 50))} is not known`);
  }
  return charset;
}

const unsupported = (detail = `this route takes ${UPLOAD_TYPES.join(' or ')}`): Problem =>
  new Problem('unsupported_media_type', {
    detail,
    headers: { 'accept-post': UPLOAD_TYPES.join(', ') },
  });
