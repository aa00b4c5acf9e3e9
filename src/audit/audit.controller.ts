import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../http/access.js';
import { ApiPageQuery, Paging } from '../lists/list-query.js';
import type { PageQuery } from '../lists/pages.js';
import type { Principal } from '../http/principal.js';
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
    description:
      'Logins, refused logins, changes of passwords, rights and tokens: who did it, to which ' +
      'account, when, and from which address. Events are kept for 90 days (`AUDIT_RETENTION`).',
  })
  @ApiOkResponse({ type: EventListResponse, description: 'one page' })
  @ApiPageQuery()
  list(@Paging() query: PageQuery): Promise<EventListResponse> {
    return this.audit.list(query);
  }

  @Get('users/me/events')
  @Access()
  @ApiOperation({
    summary: 'List your security events, newest first',
    operationId: 'listOwnEvents',
    description:
      'What happened to your account, when, and from which address. Look here if you think that ' +
      'someone else uses it.',
  })
  @ApiOkResponse({ type: EventListResponse, description: 'one page' })
  @ApiPageQuery()
  listOwn(@Caller() caller: Principal, @Paging() query: PageQuery): Promise<EventListResponse> {
    return this.audit.listOf(caller.publicId, query);
  }
}
