import { Controller, Get, HttpCode, Post, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../../http/access.js';
import { Traits } from '../../http/routes.js';
import { Idempotent } from '../../idempotency/idempotent.js';
import { Keep } from '../../idempotency/keep-answer.js';
import type { KeepAnswer } from '../../idempotency/keep-answer.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';
import { ApiExportQuery, ApiImportQuery, EXPORT_TYPES, Exported } from './transfer-query.js';
import { IMPORT_TYPES, Uploaded } from './transfer-query.js';
import type { ExportQuery, Upload } from './transfer-query.js';
import { ImportResponse } from './transfer.dto.js';

const UPLOAD_TYPES = Object.keys(IMPORT_TYPES);
const DOWNLOAD_TYPES = Object.values(EXPORT_TYPES).map(type => type.split(';')[0]);
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
  @Traits({ consumes: UPLOAD_TYPES })
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Import authors from a file', operationId: 'importAuthors' })
  @ApiConsumes(...UPLOAD_TYPES)
  @ApiBody({ ...FILE, required: true })
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
  @Traits({ produces: DOWNLOAD_TYPES })
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
