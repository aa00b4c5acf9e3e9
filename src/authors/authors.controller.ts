import { Body, Controller, Delete, Get, Param, Patch, Post, Put } from '@nestjs/common';
import {
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { Access, Caller, GoesOn } from '../http/access.js';
import { answerHeaders } from '../http/answer-headers.docs.js';
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

const RECORD_ID = ApiParam({
  name: 'id',
  description: 'as in `GET /authors`',
  schema: { type: 'integer', format: 'int64', minimum: 1, examples: [7] },
});

@ApiTags('authors')
@Controller()
export class AuthorsController {
  constructor(private readonly authors: AuthorsService) {}

  @Post(['author', 'authors'])
  @Access({ scope: 'authors:write' })
  @ApiOperation({
    summary: 'Create an author',
    operationId: 'createAuthor',
    description:
      'Stores one author and book. You cannot have the same name and book twice; case and accents ' +
      'make no difference. Other users can have it too. With an `Idempotency-Key` you can repeat ' +
      'the request after a lost answer, and the record is created once.',
  })
  @ApiCreatedResponse({
    type: NewAuthorResponse,
    description: 'the new record',
    headers: answerHeaders('Location', 'ETag'),
  })
  @Idempotent()
  @ApiProblem('author_exists', 'quota_exceeded')
  create(
    @Caller() caller: Principal,
    @Body() body: AuthorRequest,
    @Replying() reply: RecordReply,
  ): Promise<NewAuthorResponse> {
    return reply.tagged(reply.created('/authors', this.authors.create(caller, body)));
  }

  @Get('authors')
  @Access({ scope: 'authors:read' })
  @ApiOperation({
    summary: 'List your authors',
    operationId: 'listAuthors',
    description:
      'Your records, 100 a page unless `limit` says otherwise. Filter by exact values, search with ' +
      '`q`, sort by one field. For the next page send the same query with `next_cursor` as ' +
      '`cursor`, or follow `Link`. To keep a copy up to date, ask for `updated_at.gte`.',
  })
  @ApiOkResponse({
    type: AuthorListResponse,
    description: 'one page',
    headers: answerHeaders('Link'),
  })
  @ApiListQuery(AUTHORS)
  list(
    @Caller() caller: Principal,
    @Listing(AUTHORS) query: ListQuery,
    @Replying() reply: RecordReply,
  ): Promise<AuthorListResponse> {
    return reply.linked(this.authors.list(caller, query));
  }

  @Get('authors/:id')
  @RECORD_ID
  @Access({ scope: 'authors:read' })
  @ApiOperation({
    summary: 'Get an author',
    operationId: 'getAuthor',
    description:
      'One of your records. Send its `ETag` as `If-Match` when you change it, or as `If-None-Match` ' +
      'to get 304 while it is unchanged. A record of another user is 404.',
  })
  @ApiOkResponse({
    type: AuthorResponse,
    description: 'the record',
    headers: answerHeaders('ETag'),
  })
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
  @RECORD_ID
  @Access({ scope: 'authors:write' })
  @ApiOperation({
    summary: 'Replace an author',
    operationId: 'replaceAuthor',
    description:
      'Writes all fields; missing ones get their defaults. With the `ETag` of the version that you ' +
      'read as `If-Match`, you cannot overwrite a later change: you get 412 instead.',
  })
  @ApiOkResponse({
    type: AuthorResponse,
    description: 'the record',
    headers: answerHeaders('ETag'),
  })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed', 'author_exists')
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
  @RECORD_ID
  @Traits({ consumes: ['application/merge-patch+json', 'application/json'] })
  @Access({ scope: 'authors:write' })
  @ApiOperation({
    summary: 'Change fields of an author',
    operationId: 'patchAuthor',
    description:
      'Changes only the fields that you send (JSON merge patch, RFC 7396); `null` restores a ' +
      'default. With the `ETag` of the version that you read as `If-Match`, you cannot overwrite a ' +
      'later change: you get 412 instead.',
  })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOkResponse({
    type: AuthorResponse,
    description: 'the record',
    headers: answerHeaders('ETag'),
  })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed', 'author_exists')
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
    description:
      'Takes the filters of the list, `q`, or `all=true`; without any of them it answers 400. It ' +
      'deletes in slices, so other requests do not wait, and it stops if you close the connection: ' +
      'what is deleted by then stays deleted.',
  })
  @ApiOkResponse({ type: AuthorsDeletedResponse, description: 'the number of deleted records' })
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
  @RECORD_ID
  @Access({ scope: 'authors:write' })
  @ApiOperation({
    summary: 'Delete an author',
    operationId: 'deleteAuthor',
    description:
      'Deletes one of your records; a second call answers 404. With the `ETag` of the version that ' +
      'you read as `If-Match`, a record that has changed since stays: you get 412.',
  })
  @ApiOkResponse({ type: AuthorDeletedResponse, description: 'the record is deleted' })
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
