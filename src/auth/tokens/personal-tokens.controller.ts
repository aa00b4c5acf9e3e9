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
      'Names, scopes and times of your personal access tokens, without the tokens themselves.',
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
      'A token for a program. It lasts until it expires or you revoke it, and can do what its ' +
      'scopes say. Only an admin can create one with `users:read` or `metrics:read`. A user can ' +
      'have 100 (`MAX_TOKENS_PER_USER`).',
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
  @ApiParam({
    name: 'id',
    description: 'as in `GET /tokens`',
    schema: { type: 'string', maxLength: 36, examples: ['0b0f2f0e-6e0a-4a57-9f6e-0b5c3c2d1a90'] },
  })
  @HttpCode(204)
  @Access()
  @ApiOperation({
    summary: 'Revoke a personal access token',
    operationId: 'revokeToken',
    description: 'The token stops working at once.',
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
