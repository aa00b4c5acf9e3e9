import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse } from '@nestjs/swagger';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../http/access.js';
import { answerHeaders } from '../http/answer-headers.docs.js';
import type { Principal } from '../http/principal.js';
import { RecordReply, Replying } from '../http/record-reply.js';
import { ApiListQuery, Listing } from '../lists/list-query.js';
import type { ListQuery } from '../lists/list-query.js';
import { ApiProblem } from '../problems/problem.dto.js';
import { PUBLISHERS } from './publisher.members.js';
import { PublisherListResponse, PublisherRequest, PublisherResponse } from './publishers.dto.js';
import { PublishersService } from './publishers.service.js';

@ApiTags('publishers')
@Controller('publishers')
export class PublishersController {
  constructor(private readonly publishers: PublishersService) {}

  @Post()
  @Access({ scope: 'publishers:write' })
  @ApiOperation({ summary: 'Create a publisher', operationId: 'createPublisher' })
  @ApiCreatedResponse({ type: PublisherResponse, headers: answerHeaders('Location') })
  @ApiProblem('publisher_exists')
  create(
    @Caller() caller: Principal,
    @Body() body: PublisherRequest,
    @Replying() reply: RecordReply,
  ): Promise<PublisherResponse> {
    return reply.created('/publishers', this.publishers.create(caller, body));
  }

  @Get()
  @Access({ scope: 'publishers:read' })
  @ApiOperation({ summary: 'List your publishers', operationId: 'listPublishers' })
  @ApiOkResponse({ type: PublisherListResponse, headers: answerHeaders('Link') })
  @ApiListQuery(PUBLISHERS)
  list(
    @Caller() caller: Principal,
    @Listing(PUBLISHERS) query: ListQuery,
    @Replying() reply: RecordReply,
  ): Promise<PublisherListResponse> {
    return reply.linked(this.publishers.list(caller, query));
  }

  @Get(':id')
  @Access({ scope: 'publishers:read' })
  @ApiOperation({ summary: 'Get a publisher', operationId: 'getPublisher' })
  @ApiOkResponse({ type: PublisherResponse })
  @ApiProblem('publisher_not_found')
  find(@Caller() caller: Principal, @Param('id') id: string): Promise<PublisherResponse> {
    return this.publishers.find(caller, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Access({ scope: 'publishers:write' })
  @ApiOperation({ summary: 'Delete a publisher', operationId: 'deletePublisher' })
  @ApiNoContentResponse()
  @ApiProblem('publisher_not_found')
  delete(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.publishers.delete(caller, id);
  }
}
