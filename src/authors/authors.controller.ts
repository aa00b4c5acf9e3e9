import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, Caller } from '../http/access.js';
import { etagOf } from '../http/etag.js';
import { PageQuery } from '../http/page.dto.js';
import type { Principal } from '../http/principal.js';
import { ApiProblem } from '../http/problem.dto.js';
import {
  AuthorDeletedResponse,
  AuthorListResponse,
  AuthorRequest,
  AuthorResponse,
  NewAuthorResponse,
} from './authors.dto.js';
import { AuthorsService } from './authors.service.js';

@ApiTags('authors')
@Controller()
export class AuthorsController {
  constructor(private readonly authors: AuthorsService) {}

  @Post(['author', 'authors'])
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Keep a new record', operationId: 'createAuthor' })
  @ApiCreatedResponse({ type: NewAuthorResponse })
  @ApiProblem('author_exists', 'validation_failed')
  async create(
    @Caller() caller: Principal,
    @Body() body: AuthorRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NewAuthorResponse> {
    const author = await this.authors.create(caller, body);
    reply.header('location', `/authors/${author.id}`).header('etag', etagOf(author));
    return { message: 'new author created', ...author };
  }

  @Get('authors')
  @Access({ scope: 'authors:read' })
  @ApiOperation({ summary: 'Your records', operationId: 'listAuthors' })
  @ApiOkResponse({ type: AuthorListResponse })
  @ApiProblem('invalid_query')
  list(@Caller() caller: Principal, @Query() query: PageQuery): Promise<AuthorListResponse> {
    return this.authors.list(caller, query);
  }

  @Get('authors/:id')
  @Access({ scope: 'authors:read' })
  @ApiOperation({ summary: 'One record', operationId: 'getAuthor' })
  @ApiOkResponse({ type: AuthorResponse })
  @ApiProblem('author_not_found')
  async find(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuthorResponse> {
    const author = await this.authors.find(caller, id);
    reply.header('etag', etagOf(author));
    return author;
  }

  @Delete('authors/:id')
  @Access({ scope: 'authors:write' })
  @ApiOperation({ summary: 'Remove a record', operationId: 'deleteAuthor' })
  @ApiOkResponse({ type: AuthorDeletedResponse })
  @ApiProblem('author_not_found')
  async delete(
    @Caller() caller: Principal,
    @Param('id') id: string,
  ): Promise<AuthorDeletedResponse> {
    await this.authors.delete(caller, id);
    return { message: 'Author deleted' };
  }
}
