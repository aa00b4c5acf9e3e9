import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { Access, Caller } from '../../http/access.js';
import { From } from '../../http/origin.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import {
  NewPersonalTokenRequest,
  NewPersonalTokenResponse,
  PersonalTokenListResponse,
} from './personal-tokens.dto.js';
import { PersonalTokensService } from './personal-tokens.service.js';

@ApiTags('tokens')
@Controller('tokens')
export class PersonalTokensController {
  constructor(private readonly tokens: PersonalTokensService) {}

  @Get()
  @Access()
  @ApiOperation({
    summary: 'List your personal access tokens',
    operationId: 'listTokens',
    description:
      'Names, scopes and times of your personal access tokens; never the tokens themselves.',
  })
  @ApiOkResponse({ type: PersonalTokenListResponse, description: 'your tokens' })
  list(@Caller() caller: Principal): Promise<PersonalTokenListResponse> {
    return this.tokens.list(caller);
  }

  @Post()
  @Access({ fresh: true })
  @ApiOperation({
    summary: 'Create a personal access token',
    operationId: 'createToken',
    description:
      'For programs: it lasts until it expires or you revoke it, and does what its scopes say. Only ' +
      'an admin can give `users:read` and `metrics:read`. At most `MAX_TOKENS_PER_USER` a user (100).',
  })
  @ApiCreatedResponse({ type: NewPersonalTokenResponse, description: 'the token, shown once' })
  @ApiProblem('quota_exceeded', 'admin_required')
  create(
    @Caller() caller: Principal,
    @Body() request: NewPersonalTokenRequest,
    @From() origin: Origin,
  ): Promise<NewPersonalTokenResponse> {
    return this.tokens.create(caller, request, origin);
  }

  @Delete(':id')
  @ApiParam({ name: 'id', schema: { type: 'string', maxLength: 36 } })
  @HttpCode(204)
  @Access()
  @ApiOperation({
    summary: 'Revoke a personal access token',
    operationId: 'revokeToken',
    description: 'Ends the token at once, in every process.',
  })
  @ApiNoContentResponse({ description: 'the token is revoked' })
  @ApiProblem('token_not_found')
  revoke(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @From() origin: Origin,
  ): Promise<void> {
    return this.tokens.revoke(caller, id, origin);
  }
}
