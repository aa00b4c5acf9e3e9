import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
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
  @ApiOperation({ summary: 'List your personal access tokens', operationId: 'listTokens' })
  @ApiOkResponse({ type: PersonalTokenListResponse })
  list(@Caller() caller: Principal): Promise<PersonalTokenListResponse> {
    return this.tokens.list(caller);
  }

  @Post()
  @Access({ fresh: true })
  @ApiOperation({ summary: 'Create a personal access token', operationId: 'createToken' })
  @ApiCreatedResponse({ type: NewPersonalTokenResponse })
  @ApiProblem('validation_failed', 'quota_exceeded', 'admin_required')
  create(
    @Caller() caller: Principal,
    @Body() request: NewPersonalTokenRequest,
    @From() origin: Origin,
  ): Promise<NewPersonalTokenResponse> {
    return this.tokens.create(caller, request, origin);
  }

  @Delete(':id')
  @HttpCode(204)
  @Access()
  @ApiOperation({ summary: 'Revoke a personal access token', operationId: 'revokeToken' })
  @ApiNoContentResponse()
  @ApiProblem('token_not_found')
  revoke(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @From() origin: Origin,
  ): Promise<void> {
    return this.tokens.revoke(caller, id, origin);
  }
}
