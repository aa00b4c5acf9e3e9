import { Body, Controller, Delete, HttpCode, Post, Put } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Access, Caller, Public } from '../../http/access.js';
import { answerHeaders } from '../../http/answer-headers.docs.js';
import { From } from '../../http/origin.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { RecordReply, Replying } from '../../http/record-reply.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { TokenPairResponse } from '../sessions/sessions.dto.js';
import { TokenPairs } from '../sessions/token-pairs.js';
import {
  ChangePasswordRequest,
  NewUserRequest,
  NewUserResponse,
  PasswordConfirmation,
  RegisterRequest,
  RegisterResponse,
  ResetPasswordRequest,
} from './accounts.dto.js';
import { PasswordService } from './password.service.js';
import { RegistrationService } from './registration.service.js';
import { UserCreationService } from './user-creation.service.js';

@Controller()
export class AccountsController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly creation: UserCreationService,
    private readonly passwords: PasswordService,
    private readonly pairs: TokenPairs,
  ) {}

  @Post('register')
  @Public()
  @ApiTags('login')
  @ApiOperation({
    summary: 'Create an account',
    operationId: 'register',
    description:
      'The first step; then log in with `POST /login`. Names are unique, and case makes no ' +
      'difference. A new account is not an admin: the operator makes it one on the command line, ' +
      'with `node bin/library-api.js user promote NAME`.',
  })
  @ApiCreatedResponse({ type: RegisterResponse, description: 'the account' })
  @ApiProblem('name_taken', 'registration_closed', 'too_many_requests', 'unavailable')
  register(@Body() request: RegisterRequest, @From() origin: Origin): Promise<RegisterResponse> {
    return this.registration.register(request, origin);
  }

  @Post('users')
  @Access({ admin: true, fresh: true })
  @ApiTags('users')
  @ApiOperation({
    summary: 'Create a user, and a code that sets their first password',
    operationId: 'createUser',
    description:
      'Also works while registration is closed. Give the one-time code in the answer to the new ' +
      'user, who sets their first password with it at `POST /password-reset`.',
  })
  @ApiCreatedResponse({
    type: NewUserResponse,
    description: 'the user, and the code',
    headers: answerHeaders('Location'),
  })
  @ApiProblem('name_taken')
  create(
    @Caller() caller: Principal,
    @Body() request: NewUserRequest,
    @From() origin: Origin,
    @Replying() reply: RecordReply,
  ): Promise<NewUserResponse> {
    return reply.created('/users', this.creation.create(caller, request, origin));
  }

  @Delete('users/me')
  @HttpCode(204)
  @Access()
  @ApiTags('accounts')
  @ApiOperation({
    summary: 'Delete your account and all its data',
    operationId: 'removeAccount',
    description:
      'Ends all your sessions and tokens at once and deletes your records, for good. It takes the ' +
      'password, so that a stolen token is not enough.',
  })
  @ApiNoContentResponse({ description: 'the account is removed' })
  @ApiProblem('wrong_password', 'last_admin', 'too_many_requests')
  remove(
    @Caller() caller: Principal,
    @Body() { password }: PasswordConfirmation,
    @From() origin: Origin,
  ): Promise<void> {
    return this.passwords.removeAccount(caller, password, origin);
  }

  @Post('sessions/confirm')
  @HttpCode(204)
  @Access()
  @ApiTags('accounts')
  @ApiOperation({
    summary: 'Confirm your password for 5 minutes',
    operationId: 'confirmSession',
    description:
      'Operations that change accounts or create tokens answer 403 `confirmation_required` unless ' +
      'the password of the session was confirmed in the last 5 minutes, here or by its login.',
  })
  @ApiNoContentResponse({ description: 'the session is confirmed' })
  @ApiProblem('wrong_password', 'too_many_requests', 'unavailable')
  confirm(
    @Caller() caller: Principal,
    @Body() { password }: PasswordConfirmation,
    @From() origin: Origin,
  ): Promise<void> {
    return this.passwords.confirm(caller, password, origin);
  }

  @Put('users/me/password')
  @Access()
  @ApiTags('accounts')
  @ApiOperation({
    summary: 'Change your password',
    operationId: 'changePassword',
    description:
      'Ends all your sessions, this one too, and your personal access tokens unless `keep_tokens` ' +
      'is true. The answer has a token pair of a new session.',
  })
  @ApiOkResponse({ type: TokenPairResponse, description: 'a new token pair' })
  @ApiProblem('wrong_password', 'too_many_requests')
  async changePassword(
    @Caller() caller: Principal,
    @Body() request: ChangePasswordRequest,
    @From() origin: Origin,
  ): Promise<TokenPairResponse> {
    return this.pairs.issue(await this.passwords.change(caller, request, origin));
  }

  @Post('password-reset')
  @HttpCode(204)
  @Public()
  @ApiTags('accounts')
  @ApiOperation({
    summary: 'Set a new password with a reset code',
    operationId: 'resetPassword',
    description:
      'Takes a code from an admin, who creates it with `POST /users` or ' +
      '`POST /users/{public_id}/reset`. A code works once, for 24 hours. All sessions of the user end.',
  })
  @ApiNoContentResponse({ description: 'the password is set' })
  @ApiProblem('code_refused', 'too_many_requests', 'unavailable')
  resetPassword(@Body() request: ResetPasswordRequest, @From() origin: Origin): Promise<void> {
    return this.passwords.reset(request, origin);
  }
}
