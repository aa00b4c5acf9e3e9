import { Body, Controller, Delete, Get, Param, Patch, Post, Put } from '@nestjs/common';
import {
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Access, Caller, GoesOn } from '../http/access.js';
import { ApiConditions } from '../http/conditions.docs.js';
import { Conditions, Preconditions } from '../http/etag.js';
import type { Principal } from '../http/principal.js';
import { RecordReply, Replying } from '../http/record-reply.js';
import { Traits } from '../http/routes.js';
import { Idempotent } from '../idempotency/idempotent.js';
import { ApiDeleteQuery, ApiListQuery, Deleting, Listing } from '../lists/list-query.js';
import type { ListQuery, Selection } from '../lists/list-query.js';
import { ApiProblem } from '../problems/problem.dto.js';
import { AUTHORS } from './author.members.js';
import {
  AuthorDeletedResponse,
  AuthorListResponse,
  AuthorPatchRequest,
  AuthorRequest,
  AuthorResponse,
  AuthorsDeletedResponse,
  NewAuthorResponse,
} from './authors.dto.js';
import { AuthorsService } from './authors.service.js';

@ApiTags('authors')
@Controller()
export class AuthorsController {
  constructor(private readonly authors: AuthorsService) {}

  @Post(['author', 'authors'])
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Create an author', operationId: 'createAuthor' })
  @ApiCreatedResponse({ type: NewAuthorResponse })
  @Idempotent()
  @ApiProblem('author_exists', 'validation_failed', 'quota_exceeded')
  create(
    @Caller() caller: Principal,
    @Body() body: AuthorRequest,
    @Replying() reply: RecordReply,
  ): Promise<NewAuthorResponse> {
    return reply.tagged(reply.created('/authors', this.authors.create(caller, body)));
  }

  @Get('authors')
  @Access({ scope: 'authors:read' })
  @ApiOperation({ summary: 'List your authors', operationId: 'listAuthors' })
  @ApiOkResponse({ type: AuthorListResponse })
  @ApiListQuery(AUTHORS)
  list(
    @Caller() caller: Principal,
    @Listing(AUTHORS) query: ListQuery,
    @Replying() reply: RecordReply,
  ): Promise<AuthorListResponse> {
    return reply.linked(this.authors.list(caller, query));
  }

  @Get('authors/:id')
  @Access({ scope: 'authors:read' })
  @ApiOperation({ summary: 'Get an author', operationId: 'getAuthor' })
  @ApiOkResponse({ type: AuthorResponse })
  @ApiConditions('read')
  @ApiProblem('author_not_found')
  find(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Conditions() conditions: Preconditions,
    @Replying() reply: RecordReply,
  ): Promise<AuthorResponse> {
    return reply.tagged(this.authors.find(caller, id), conditions);
  }

  @Put('authors/:id')
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Replace an author', operationId: 'replaceAuthor' })
  @ApiOkResponse({ type: AuthorResponse })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed', 'author_exists', 'validation_failed')
  replace(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: AuthorRequest,
    @Conditions() conditions: Preconditions,
    @Replying() reply: RecordReply,
  ): Promise<AuthorResponse> {
    return reply.tagged(this.authors.replace(caller, id, body, conditions));
  }

  @Patch('authors/:id')
  @Traits({ consumes: ['application/merge-patch+json', 'application/json'] })
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Change fields of an author', operationId: 'patchAuthor' })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOkResponse({ type: AuthorResponse })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed', 'author_exists', 'validation_failed')
  patch(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: AuthorPatchRequest,
    @Conditions() conditions: Preconditions,
    @Replying() reply: RecordReply,
  ): Promise<AuthorResponse> {
    return reply.tagged(this.authors.patch(caller, id, body, conditions));
  }

  @Delete('authors')
  @Access({ scope: 'authors:write' })
  @ApiOperation({
    summary: 'Delete the authors that a filter, `q` or `all=true` selects',
    operationId: 'deleteAuthors',
  })
  @ApiOkResponse({ type: AuthorsDeletedResponse })
  @ApiDeleteQuery(AUTHORS)
  @ApiProblem('too_many_requests', 'unavailable')
  deleteMany(
    @Caller() caller: Principal,
    @Deleting(AUTHORS) selection: Selection,
    @GoesOn() goesOn: () => Promise<boolean>,
  ): Promise<AuthorsDeletedResponse> {
    return this.authors.deleteMany(caller, selection, goesOn);
  }

  @Delete('authors/:id')
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Delete an author', operationId: 'deleteAuthor' })
  @ApiOkResponse({ type: AuthorDeletedResponse })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed')
  delete(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Conditions() conditions: Preconditions,
  ): Promise<AuthorDeletedResponse> {
    return this.authors.delete(caller, id, conditions);
  }
}
