import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../http/access.js';
import { PageQuery } from '../lists/page.dto.js';
import type { Principal } from '../http/principal.js';
import { ApiProblem } from '../problems/problem.dto.js';
import { EventListResponse } from './audit.dto.js';
import { AuditService } from './audit.service.js';

@ApiTags('events')
@Controller()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get('events')
  @Access({ admin: true })
  @ApiOperation({
    summary: 'List security events of all users, newest first',
    operationId: 'listEvents',
  })
  @ApiOkResponse({ type: EventListResponse })
  @ApiProblem('invalid_query')
  list(@Query() query: PageQuery): Promise<EventListResponse> {
    return this.audit.list(query);
  }

  @Get('users/me/events')
  @Access()
  @ApiOperation({
    summary: 'List your security events, newest first',
    operationId: 'listOwnEvents',
  })
  @ApiOkResponse({ type: EventListResponse })
  @ApiProblem('invalid_query')
  listOwn(@Caller() caller: Principal, @Query() query: PageQuery): Promise<EventListResponse> {
    return this.audit.listOf(caller.publicId, query);
  }
}
