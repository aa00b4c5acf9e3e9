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
})
@ApiHeader({
  name: 'X-Login-Ticket',
  required: false,
  description: 'a one-time ticket from an admin',
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
  })
  @ApiOkResponse({ type: LoginResponse })
  get(@Req() { user }: LoginRequest): Promise<LoginResponse> {
    return this.login.begin(user);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Log in with HTTP Basic', operationId: 'login' })
  @ApiOkResponse({ type: LoginResponse })
  post(@Req() { user }: LoginRequest): Promise<LoginResponse> {
    return this.login.begin(user);
  }
}
