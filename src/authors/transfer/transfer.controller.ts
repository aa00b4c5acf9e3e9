import { Controller, Get, HttpCode, Post, StreamableFile } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../../http/access.js';
import { Idempotent } from '../../idempotency/idempotent.js';
import { Keep } from '../../idempotency/keep-answer.js';
import type { KeepAnswer } from '../../idempotency/keep-answer.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
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

const FILE = { schema: { type: 'string', format: 'binary' } } as const;

@ApiTags('authors')
@Controller('authors')
export class TransferController {
  constructor(
    private readonly imports: ImportService,
    private readonly exports: ExportService,
  ) {}

  @Post('import')
  @HttpCode(200)
  @RouteConfig({ consumes: UPLOAD_TYPES, readsTypeParameters: true })
  @Access({ scope: 'authors:write' })
  @ApiOperation({
    summary: 'Import authors from a file',
    operationId: 'importAuthors',
    requestBody: { required: true, content: UPLOAD_CONTENT },
  })
  @ApiImportQuery()
  @Idempotent()
  @ApiOkResponse({ type: ImportResponse })
  @ApiProblem('request_timeout', 'unsupported_media_type', 'import_refused', 'unavailable')
  import(
    @Caller() caller: Principal,
    @Uploaded() { options, content }: Upload,
    @Keep() keep: KeepAnswer,
  ): Promise<ImportResponse> {
    return this.imports.run(caller.userId, options, content, keep);
  }

  @Get('export')
  @RouteConfig({ produces: DOWNLOAD_TYPES })
  @Access({ scope: 'authors:read' })
  @ApiOperation({ summary: 'Export your authors as a file', operationId: 'exportAuthors' })
  @ApiExportQuery()
  @ApiOkResponse({ content: Object.fromEntries(DOWNLOAD_TYPES.map(type => [type, FILE])) })
  export(@Caller() caller: Principal, @Exported() query: ExportQuery): StreamableFile {
    return new StreamableFile(this.exports.stream(caller, query), {
      type: EXPORT_TYPES[query.format],
      disposition: `attachment; filename="authors.${query.format}"`,
    });
  }
}
