import { Controller, Get, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBasicAuth, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../http/access.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { BasicAuthGuard } from './basic-auth.guard.js';
import { LoginResponse } from '../sessions/sessions.dto.js';
import { LoginService } from './login.service.js';
import type { VerifiedLogin } from '../passwords/credentials.service.js';

type LoginRequest = FastifyRequest & { user: VerifiedLogin };

@ApiTags('login')
@ApiBasicAuth('basic')
@ApiHeader({
  name: 'X-Device-Token',
  required: false,
  description: '`device_token` of an earlier login',
  schema: { type: 'string', maxLength: 1000 },
})
@ApiHeader({
  name: 'X-Login-Ticket',
  required: false,
  description: 'a one-time ticket from an admin',
  schema: { type: 'string', maxLength: 100 },
})
@ApiProblem('could_not_verify', 'too_many_requests', 'unavailable')
@Public()
@UseGuards(BasicAuthGuard)
@Controller('login')
export class LoginController {
  constructor(private readonly login: LoginService) {}

  @Get()
  @ApiOperation({
    summary: 'Log in with HTTP Basic, as in the tutorial',
    operationId: 'loginByGet',
    description:
      'The same as `POST /login`; the tutorial logs in this way. Prefer `POST`: caches and ' +
      'histories keep addresses of `GET`.',
  })
  @ApiOkResponse({ type: LoginResponse, description: 'a token pair' })
  get(@Req() { user }: LoginRequest): Promise<LoginResponse> {
    return this.login.begin(user);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in with HTTP Basic',
    operationId: 'login',
    description:
      'Send name and password as HTTP Basic, and the `token` of the answer as `Authorization: ' +
      'Bearer` with every later request. An access token lasts 30 minutes; `POST /token/refresh` ' +
      'exchanges the refresh token for a new pair. Keep `device_token` and send it with later ' +
      'logins: strangers who try your name then cannot slow you down.',
  })
  @ApiOkResponse({ type: LoginResponse, description: 'a token pair' })
  post(@Req() { user }: LoginRequest): Promise<LoginResponse> {
    return this.login.begin(user);
  }
}
