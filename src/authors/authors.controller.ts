import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, Caller } from '../http/access.js';
import { ApiConditions } from '../http/conditions.docs.js';
import { Conditions, etagOf, Preconditions } from '../http/etag.js';
import { Idempotent } from '../idempotency/idempotent.js';
import { nextLink } from '../lists/next-link.js';
import type { Principal } from '../http/principal.js';
import { ApiProblem } from '../problems/problem.dto.js';
import {
  AuthorDeletedResponse,
  AuthorListResponse,
  AuthorPatchRequest,
  AuthorRequest,
  AuthorResponse,
  NewAuthorResponse,
} from './authors.dto.js';
import { AuthorsService } from './authors.service.js';
import { ApiListQuery } from './list-query.docs.js';
import { Listing } from './list-query.js';
import type { ListQuery } from './list-query.js';

@ApiTags('authors')
@Controller()
export class AuthorsController {
  constructor(private readonly authors: AuthorsService) {}

  @Post(['author', 'authors'])
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Keep a new record', operationId: 'createAuthor' })
  @ApiCreatedResponse({ type: NewAuthorResponse })
  @Idempotent()
  @ApiProblem('author_exists', 'validation_failed')
  async create(
    @Caller() caller: Principal,
    @Body() body: AuthorRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NewAuthorResponse> {
    const author = await this.authors.create(caller, body);
    reply.headers({ location: `/authors/${author.id}`, etag: etagOf(author) });
    return { message: 'new author created', ...author };
  }

  @Get('authors')
  @Access({ scope: 'authors:read' })
  @ApiOperation({ summary: 'Your records', operationId: 'listAuthors' })
  @ApiOkResponse({ type: AuthorListResponse })
  @ApiListQuery()
  async list(
    @Caller() caller: Principal,
    @Listing() query: ListQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuthorListResponse> {
    const page = await this.authors.list(caller, query);
    if (page.next_cursor !== null) {
      reply.header('link', nextLink('/authors', query.given, page.next_cursor));
    }
    return page;
  }

  @Get('authors/:id')
  @Access({ scope: 'authors:read' })
  @ApiOperation({ summary: 'One record', operationId: 'getAuthor' })
  @ApiOkResponse({ type: AuthorResponse })
  @ApiConditions('read')
  @ApiProblem('author_not_found')
  async find(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Conditions() conditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuthorResponse | undefined> {
    const author = await this.authors.find(caller, id);
    reply.header('etag', etagOf(author));
    if (conditions.isFresh(author)) {
      reply.status(304);
      return undefined;
    }
    return author;
  }

  @Put('authors/:id')
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Replace a record', operationId: 'replaceAuthor' })
  @ApiOkResponse({ type: AuthorResponse })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed', 'author_exists', 'validation_failed')
  async replace(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: AuthorRequest,
    @Conditions() conditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuthorResponse> {
    const author = await this.authors.replace(caller, id, body, conditions);
    reply.header('etag', etagOf(author));
    return author;
  }

  @Patch('authors/:id')
  @RouteConfig({ consumes: ['application/merge-patch+json', 'application/json'] })
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Change members of a record', operationId: 'patchAuthor' })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOkResponse({ type: AuthorResponse })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed', 'author_exists', 'validation_failed')
  async patch(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: AuthorPatchRequest,
    @Conditions() conditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuthorResponse> {
    const author = await this.authors.patch(caller, id, body, conditions);
    reply.header('etag', etagOf(author));
    return author;
  }

  @Delete('authors/:id')
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Remove a record', operationId: 'deleteAuthor' })
  @ApiOkResponse({ type: AuthorDeletedResponse })
  @ApiConditions('change')
  @ApiProblem('author_not_found', 'precondition_failed')
  async delete(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Conditions() conditions: Preconditions,
  ): Promise<AuthorDeletedResponse> {
    await this.authors.delete(caller, id, conditions);
    return { message: 'Author deleted' };
  }
}
