import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../problems/problem.js';
import { parseSelection } from '../list-query.js';
import type { Selection } from '../list-query.js';
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

/** Injects the file that a request brings, and what shall be done with it. */
export const Uploaded = createParamDecorator((_: unknown, context: ExecutionContext): Upload => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const query = request.query as Record<string, string>;
  const unknown = Object.keys(query).find(name => name !== 'on_conflict' && name !== 'on_error');
  if (unknown !== undefined) {
    const detail = `${JSON.stringify(unknown.slice(0, 50))} is not known`;
    throw new Problem('invalid_query', { detail });
  }
  const [type] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const format = IMPORT_TYPES[type.trim()];
  if (format === undefined || request.body === undefined) {
    const types = Object.keys(IMPORT_TYPES);
    throw new Problem('unsupported_media_type', {
      detail: `this route takes ${types.join(' or ')}`,
      headers: { 'accept-post': types.join(', ') },
    });
  }
  const options: ImportOptions = {
    format,
    onConflict: oneOf('on_conflict', query.on_conflict, ON_CONFLICT),
    onError: oneOf('on_error', query.on_error, ON_ERROR),
  };
  return { options, content: request.body as AsyncIterable<Uint8Array> };
});

/** Injects what of a user's records is asked for, and how it shall be written. */
export const Exported = createParamDecorator(
  (_: unknown, context: ExecutionContext): ExportQuery => {
    const query = context.switchToHttp().getRequest<FastifyRequest>().query as Record<
      string,
      string
    >;
    const formats = Object.keys(EXPORT_TYPES) as ExportFormat[];
    return { ...parseSelection(query, ['format']), format: oneOf('format', query.format, formats) };
  },
);

/** The first is the standard. */
function oneOf<T extends string>(name: string, value: string | undefined, values: readonly T[]): T {
  const found = value === undefined ? values[0] : values.find(known => known === value);
  if (found === undefined) {
    throw new Problem('invalid_query', { detail: `${name} must be one of ${values.join(', ')}` });
  }
  return found;
}
