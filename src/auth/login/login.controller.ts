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
  description: 'the `device_token` of an earlier login',
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
      'The same as `POST /login`. Prefer `POST`: a login begins a session, and clients may repeat a ' +
      '`GET` at any time.',
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
      'Send name and password as HTTP Basic. Send the `token` of the answer with every later ' +
      'request, as `Authorization: Bearer TOKEN`. It lasts 30 minutes (`ACCESS_TOKEN_TTL`); ' +
      '`POST /token/refresh` exchanges the refresh token for a new pair. Store `device_token` and ' +
      'send it as `X-Device-Token` with later logins: then you can log in while someone else ' +
      'guesses your password.',
  })
  @ApiOkResponse({ type: LoginResponse, description: 'a token pair' })
  post(@Req() { user }: LoginRequest): Promise<LoginResponse> {
    return this.login.begin(user);
  }
}
