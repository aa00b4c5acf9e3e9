import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { preferredType } from '../../http/media-types.js';
import { flag, selection } from '../../lists/list-parameters.js';
import type { Parameter, Parameters } from '../../lists/list-parameters.js';
import { documentQuery, readQuery } from '../../lists/list-query.js';
import type { Selection } from '../../lists/list-query.js';
import { Problem } from '../../problems/problem.js';
import { AUTHORS } from '../author.members.js';
import { SEPARATORS } from './csv-header.js';
import type { Columns } from './csv-header.js';
import type { ImportOptions } from './import.service.js';

export const EXPORT_TYPES = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
} as const;

export type ExportFormat = keyof typeof EXPORT_TYPES;

const FORMATS = Object.keys(EXPORT_TYPES) as ExportFormat[];
const essence = (format: ExportFormat): string => EXPORT_TYPES[format].split(';')[0];

export const DOWNLOAD_TYPES = FORMATS.map(essence);

export const ON_CONFLICT = ['error', 'skip', 'update'] as const;
export const ON_ERROR = ['abort', 'skip'] as const;

export interface ImportQuery {
  on_conflict?: ImportOptions['onConflict'];
  on_error?: ImportOptions['onError'];
  columns?: Columns;
}

/** How a CSV file is written: for Excel, with a byte order mark and the separator of its country. */
export interface CsvStyle {
  bom?: boolean;
  separator?: string;
}

export interface ExportQuery extends Selection, CsvStyle {
  format: ExportFormat;
}

const oneOf = (values: readonly string[], description: string, byDefault?: string): Parameter => ({
  description,
  schema: { type: 'string', enum: [...values], ...(byDefault && { default: byDefault }) },
  takes: `one of ${values.join(', ')}`,
  parse: text => values.find(value => value === text),
});

const FIELD = AUTHORS.written.join('|');
const COLUMNS_MAX = 1000;
export const COLUMNS_TAKES = 'fields and their headers, such as book:Title,name:Author';

/** The headers of fields, from `book:Title,name:Author`; undefined for any other text. */
export function parseColumns(text: string): Columns | undefined {
  const pairs = text.split(new RegExp(`,(?=(?:${FIELD}):)`)).map(pair => {
    const [, field, header] = new RegExp(`^(${FIELD}):(.*\\S.*)$`, 's').exec(pair) ?? [];
    return [field, header] as const;
  });
  const columns = Object.fromEntries(pairs);
  const isGood = text.length <= COLUMNS_MAX && pairs.every(([field]) => field !== undefined);
  return isGood && Object.keys(columns).length === pairs.length ? columns : undefined;
}

export const IMPORT: Parameters = {
  on_conflict: oneOf(
    ON_CONFLICT,
    'if you already have the record of a line, refuse the line (`error`), leave it out (`skip`) or change the record (`update`)',
    ON_CONFLICT[0],
  ),
  on_error: oneOf(
    ON_ERROR,
    'if a line is faulty, store nothing (`abort`) or the other lines (`skip`)',
    ON_ERROR[0],
  ),
  columns: {
    schema: { type: 'string', maxLength: COLUMNS_MAX, examples: ['book:Title,name:Author'] },
    description: 'CSV: which column each field is read from, as FIELD:HEADER',
    takes: COLUMNS_TAKES,
    parse: parseColumns,
  },
};

const EXPORT: Parameters = {
  format: oneOf(FORMATS, 'without it, `Accept` decides; `ndjson` by default'),
  bom: flag('CSV: begin with a byte order mark, without which Excel misreads letters such as é'),
  separator: oneOf(SEPARATORS, 'CSV: what separates two cells', ','),
  ...selection(AUTHORS),
};

export const ApiImportQuery = (): MethodDecorator => documentQuery(IMPORT);
export const ApiExportQuery = (): MethodDecorator => documentQuery(EXPORT);

/** Injects which records to export, and in which format. */
export const Exported = createParamDecorator(
  (_: unknown, context: ExecutionContext): ExportQuery => {
    const { query, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const asked = readQuery(EXPORT, query as {}) as Partial<ExportQuery> & Selection;
    const type = preferredType(headers, DOWNLOAD_TYPES);
    const format = asked.format ?? FORMATS.find(known => essence(known) === type) ?? 'ndjson';
    if (format !== 'csv' && (asked.bom !== undefined || asked.separator !== undefined)) {
      throw new Problem('invalid_query', { detail: 'bom and separator are only for CSV' });
    }
    return { ...asked, format };
  },
);
