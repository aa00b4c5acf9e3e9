import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { selection } from '../../lists/list-parameters.js';
import type { Parameter, Parameters } from '../../lists/list-parameters.js';
import { documentQuery, readQuery } from '../../lists/list-query.js';
import type { Selection } from '../../lists/list-query.js';
import { Problem } from '../../problems/problem.js';
import { AUTHORS } from '../author.members.js';
import type { ImportOptions } from './import.service.js';
import type { ImportFormat } from './record-readers.js';

export const IMPORT_TYPES: Readonly<Record<string, ImportFormat>> = {
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
};

export const EXPORT_TYPES = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
} as const;

export type ExportFormat = keyof typeof EXPORT_TYPES;

export const ON_CONFLICT = ['error', 'skip', 'update'] as const;
export const ON_ERROR = ['abort', 'skip'] as const;

export interface Upload {
  options: ImportOptions;
  content: AsyncIterable<Uint8Array>;
}

export interface ExportQuery extends Selection {
  format: ExportFormat;
}

/** The first value is the default. */
const oneOf = (values: readonly string[]): Parameter => ({
  schema: { type: 'string', enum: [...values], default: values[0] },
  takes: `one of ${values.join(', ')}`,
  parse: text => values.find(value => value === text),
});

const IMPORT: Parameters = { on_conflict: oneOf(ON_CONFLICT), on_error: oneOf(ON_ERROR) };
const EXPORT: Parameters = { format: oneOf(Object.keys(EXPORT_TYPES)), ...selection(AUTHORS) };

export const ApiImportQuery = (): MethodDecorator => documentQuery(IMPORT);
export const ApiExportQuery = (): MethodDecorator => documentQuery(EXPORT);

/** Injects the file that a request uploads, and how to import it. */
export const Uploaded = createParamDecorator((_: unknown, context: ExecutionContext): Upload => {
  const { query, headers, body } = context.switchToHttp().getRequest<FastifyRequest>();
  const asked = readQuery(IMPORT, query as {}) as { on_conflict?: ImportOptions['onConflict'] } & {
    on_error?: ImportOptions['onError'];
  };
  const [type] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const format = IMPORT_TYPES[type.trim()];
  if (format === undefined || body === undefined) {
    const types = Object.keys(IMPORT_TYPES);
    throw new Problem('unsupported_media_type', {
      detail: `this route takes ${types.join(' or ')}`,
      headers: { 'accept-post': types.join(', ') },
    });
  }
  const { on_conflict: onConflict = 'error', on_error: onError = 'abort' } = asked;
  return { options: { format, onConflict, onError }, content: body as Upload['content'] };
});

/** Injects which records to export, and in which format. */
export const Exported = createParamDecorator(
  (_: unknown, context: ExecutionContext): ExportQuery => {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    return { format: 'ndjson', ...readQuery(EXPORT, query as {}) };
  },
);
