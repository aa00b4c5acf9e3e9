import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { Access, Caller, Public } from '../../http/access.js';
import { From } from '../../http/origin.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { RefreshService } from './refresh.service.js';
import {
  SESSION_ID,
  RefreshRequest,
  SessionListResponse,
  TokenPairResponse,
} from './sessions.dto.js';
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
    description:
      'A refresh token works once: store the new one. Within 30 seconds you can send the same token ' +
      'again and get the same pair, for example after a lost answer. After that, a used token ends ' +
      'the session, because someone else may have it.',
  })
  @ApiOkResponse({ type: TokenPairResponse, description: 'a new token pair' })
  @ApiProblem('refresh_refused', 'too_many_requests', 'unavailable')
  async refresh(@Body() body: RefreshRequest, @From() origin: Origin): Promise<TokenPairResponse> {
    return this.pairs.issue(await this.refreshes.exchange(body.refresh_token, origin));
  }

  @Post('logout')
  @HttpCode(204)
  @Access()
  @ApiOperation({
    summary: 'Log out',
    operationId: 'logout',
    description: 'Ends the session of this token at once. Your other sessions go on.',
  })
  @ApiNoContentResponse({ description: 'the session has ended' })
  logout(@Caller() caller: Principal, @From() origin: Origin): Promise<void> {
    return this.sessions.logout(caller, origin);
  }

  @Get('sessions')
  @Access()
  @ApiOperation({
    summary: 'List your sessions',
    operationId: 'listSessions',
    description: 'Each login begins a session. The list has the newest 100 that have not ended.',
  })
  @ApiOkResponse({ type: SessionListResponse, description: 'your sessions' })
  list(@Caller() caller: Principal): Promise<SessionListResponse> {
    return this.sessions.list(caller);
  }

  @Delete('sessions')
  @HttpCode(204)
  @Access()
  @ApiOperation({
    summary: 'End all your other sessions',
    operationId: 'endOtherSessions',
    description:
      'Ends all your sessions but the one of this request, for example after you lost a device.',
  })
  @ApiNoContentResponse({ description: 'the others have ended' })
  endOthers(@Caller() caller: Principal, @From() origin: Origin): Promise<void> {
    return this.sessions.endOthers(caller, origin);
  }

  @Delete('sessions/:id')
  @ApiParam({
    name: 'id',
    description: 'as in `GET /sessions`',
    schema: { type: 'string', maxLength: 64, examples: [SESSION_ID] },
  })
  @HttpCode(204)
  @Access()
  @ApiOperation({
    summary: 'End one of your sessions',
    operationId: 'endSession',
    description: 'Ends one session at once. Its id is in `GET /sessions`.',
  })
  @ApiNoContentResponse({ description: 'the session has ended' })
  @ApiProblem('session_not_found')
  end(@Caller() caller: Principal, @Param('id') id: string, @From() origin: Origin): Promise<void> {
    return this.sessions.end(caller, id, origin);
  }
}
