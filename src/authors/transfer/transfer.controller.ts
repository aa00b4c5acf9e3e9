import { Controller, Get, HttpCode, Post, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Access, Caller, Recheck } from '../../http/access.js';
import type { StillAllowed } from '../../http/access.js';
import { answerHeaders } from '../../http/answer-headers.docs.js';
import { Traits } from '../../http/routes.js';
import { Idempotent } from '../../idempotency/idempotent.js';
import { Keep } from '../../idempotency/keep-answer.js';
import type { KeepAnswer } from '../../idempotency/keep-answer.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { AuthorResponse } from '../authors.dto.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';
import {
  ApiExportQuery,
  ApiImportQuery,
  DOWNLOAD_TYPES,
  EXPORT_TYPES,
  Exported,
} from './transfer-query.js';
import type { ExportQuery } from './transfer-query.js';
import { ImportResponse } from './transfer.dto.js';
import { UPLOAD_CONTENT, UPLOAD_TYPES, Uploaded } from './upload.js';
import type { Upload } from './upload.js';

const RECORDS = {
  schema: { type: 'array', items: { $ref: getSchemaPath(AuthorResponse) } },
} as const;
const LINES = { schema: { type: 'string' } } as const;
/** The first line of each format, by its media type. */
const EXAMPLES: Readonly<Record<string, string>> = {
  'application/x-ndjson':
    '{"id":7,"name":"Margaret Atwood","book":"The Testaments","country":"Canada","booker_prize":true,' +
    '"version":1,"created_at":"2026-05-04T09:30:00.000Z","updated_at":"2026-05-04T09:30:00.000Z"}\n',
  'text/csv':
    'id,name,book,country,booker_prize,version,created_at,updated_at\r\n' +
    '7,Margaret Atwood,The Testaments,Canada,true,1,2026-05-04T09:30:00.000Z,2026-05-04T09:30:00.000Z\r\n',
};

@ApiTags('authors')
@Controller('authors')
export class TransferController {
  constructor(
    private readonly imports: ImportService,
    private readonly exports: ExportService,
  ) {}

  @Post('import')
  @HttpCode(200)
  @Traits({ consumes: UPLOAD_TYPES, readsTypeParameters: true })
  @Access({ scope: 'authors:write' })
  @ApiOperation({
    summary: 'Import authors from a file',
    operationId: 'importAuthors',
    description:
      'Reads NDJSON or CSV of any length: exports of this API, of spreadsheets and of the usual ' +
      'book services. With `on_error=abort` (the default) it stores all lines or none, with `skip` ' +
      'the good ones. `on_conflict` says what happens to a line whose record you already have. ' +
      'Send an `Idempotency-Key` to repeat a broken upload safely.',
    requestBody: { required: true, content: UPLOAD_CONTENT },
  })
  @ApiImportQuery()
  @Idempotent()
  @ApiOkResponse({ type: ImportResponse, description: 'what was stored' })
  @ApiProblem(
    'unsupported_media_type',
    'import_refused',
    'idempotency_in_progress',
    'quota_exceeded',
    'too_many_requests',
    'unavailable',
  )
  import(
    @Caller() caller: Principal,
    @Uploaded() { options, content }: Upload,
    @Keep() keep: KeepAnswer,
    @Recheck() stillAllowed: StillAllowed,
  ): Promise<ImportResponse> {
    return this.imports.run(caller.userId, options, content, { keep, stillAllowed });
  }

  @Get('export')
  @Traits({ produces: DOWNLOAD_TYPES })
  @Access({ scope: 'authors:read' })
  @ApiOperation({
    summary: 'Export your authors as a file',
    operationId: 'exportAuthors',
    description:
      'All your records, or those that the filters select, as they are at one moment. ' +
      '`POST /authors/import` reads NDJSON and CSV again unchanged; JSON is for programs. For Excel ' +
      'ask for `format=csv&bom=true`, and add `separator=;` if your Excel writes decimals with a ' +
      'comma.',
  })
  @ApiExportQuery()
  @ApiProblem('too_many_requests', 'unavailable')
  @ApiOkResponse({
    description: 'the file',
    headers: answerHeaders('Content-Disposition'),
    content: {
      ...Object.fromEntries(
        DOWNLOAD_TYPES.map(type => [type, { ...LINES, example: EXAMPLES[type] }]),
      ),
      'application/json': RECORDS,
    },
  })
  export(
    @Caller() caller: Principal,
    @Exported() query: ExportQuery,
    @Recheck() stillAllowed: StillAllowed,
  ): StreamableFile {
    return new StreamableFile(this.exports.stream(caller, query, stillAllowed), {
      type: EXPORT_TYPES[query.format],
      disposition: `attachment; filename="authors.${query.format}"`,
    });
  }
}
