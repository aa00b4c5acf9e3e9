import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller, Public } from '../../http/access.js';
import { From } from '../../http/origin.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { RefreshService } from './refresh.service.js';
import { RefreshRequest, SessionListResponse, TokenPairResponse } from './sessions.dto.js';
import { SessionsService } from './sessions.service.js';
import { TokenPairs } from './token-pairs.js';

@ApiTags('sessions')
@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly refreshes: RefreshService,
    private readonly pairs: TokenPairs,
  ) {}

  @Post('token/refresh')
  @HttpCode(200)
  @Public()
  @ApiOperation({
    summary: 'Exchange a refresh token for a new token pair',
    operationId: 'refresh',
  })
  @ApiOkResponse({ type: TokenPairResponse })
  @ApiProblem('refresh_refused', 'validation_failed', 'too_many_requests')
  async refresh(@Body() body: RefreshRequest, @From() origin: Origin): Promise<TokenPairResponse> {
    return this.pairs.issue(await this.refreshes.exchange(body.refresh_token, origin));
  }

  @Post('logout')
  @HttpCode(204)
  @Access()
  @ApiOperation({ summary: 'Log out: end this session', operationId: 'logout' })
  @ApiNoContentResponse()
  logout(@Caller() caller: Principal, @From() origin: Origin): Promise<void> {
    return this.sessions.logout(caller, origin);
  }

  @Get('sessions')
  @Access()
  @ApiOperation({ summary: 'List your sessions', operationId: 'listSessions' })
  @ApiOkResponse({ type: SessionListResponse })
  list(@Caller() caller: Principal): Promise<SessionListResponse> {
    return this.sessions.list(caller);
  }

  @Delete('sessions')
  @HttpCode(204)
  @Access()
  @ApiOperation({ summary: 'End all your other sessions', operationId: 'endOtherSessions' })
  @ApiNoContentResponse()
  endOthers(@Caller() caller: Principal, @From() origin: Origin): Promise<void> {
    return this.sessions.endOthers(caller, origin);
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @Access()
  @ApiOperation({ summary: 'End one of your sessions', operationId: 'endSession' })
  @ApiNoContentResponse()
  @ApiProblem('session_not_found')
  end(@Caller() caller: Principal, @Param('id') id: string, @From() origin: Origin): Promise<void> {
    return this.sessions.end(caller, id, origin);
  }
}
