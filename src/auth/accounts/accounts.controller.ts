import { Body, Controller, Delete, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller, Public } from '../../http/access.js';
import { From } from '../../http/origin.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import {
  ChangePasswordRequest,
  OneTimeCodeResponse,
  PasswordConfirmation,
  RegisterRequest,
  RegisterResponse,
  ResetPasswordRequest,
} from './accounts.dto.js';
import { CodesService } from '../codes/codes.service.js';
import { PasswordService } from './password.service.js';
import { RegistrationService } from './registration.service.js';

@ApiTags('accounts')
@Controller()
export class AccountsController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly passwords: PasswordService,
    private readonly codes: CodesService,
  ) {}

  @Post('register')
  @Public()
  @ApiOperation({ summary: 'Make an account', operationId: 'register' })
  @ApiCreatedResponse({ type: RegisterResponse })
  @ApiProblem(
    'validation_failed',
    'name_taken',
    'registration_closed',
    'too_many_requests',
    'unavailable',
  )
  register(@Body() request: RegisterRequest, @From() origin: Origin): Promise<RegisterResponse> {
    return this.registration.register(request, origin);
  }

  @Delete('users/me')
  @HttpCode(204)
  @Access()
  @ApiOperation({
    summary: 'Remove your account and all that is yours',
    operationId: 'removeAccount',
  })
  @ApiNoContentResponse()
  @ApiProblem('validation_failed', 'wrong_password', 'last_admin', 'too_many_requests')
  remove(
    @Caller() caller: Principal,
    @Body() { password }: PasswordConfirmation,
    @From() origin: Origin,
  ): Promise<void> {
    return this.passwords.removeAccount(caller, password, origin);
  }

  @Put('users/me/password')
  @HttpCode(204)
  @Access()
  @ApiOperation({
    summary: 'Change your password, end every other session',
    operationId: 'changePassword',
  })
  @ApiNoContentResponse()
  @ApiProblem('validation_failed', 'wrong_password', 'too_many_requests')
  changePassword(
    @Caller() caller: Principal,
    @Body() request: ChangePasswordRequest,
    @From() origin: Origin,
  ): Promise<void> {
    return this.passwords.change(caller, request, origin);
  }

  @Post('password-reset')
  @HttpCode(204)
  @Public()
  @ApiOperation({ summary: "Take a new password by an admin's code", operationId: 'resetPassword' })
  @ApiNoContentResponse()
  @ApiProblem('validation_failed', 'code_refused', 'too_many_requests')
  resetPassword(@Body() request: ResetPasswordRequest, @From() origin: Origin): Promise<void> {
    return this.passwords.reset(request, origin);
  }

  @Post('users/:public_id/reset')
  @Access({ admin: true })
  @ApiOperation({
    summary: 'A one-time code for a new password',
    operationId: 'startPasswordReset',
  })
  @ApiCreatedResponse({ type: OneTimeCodeResponse })
  @ApiProblem('user_not_found')
  startReset(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @From() origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.codes.reset(caller.publicId, publicId, origin);
  }

  @Post('users/:public_id/ticket')
  @Access({ admin: true })
  @ApiOperation({
    summary: 'A one-time ticket for a login from anywhere',
    operationId: 'makeLoginTicket',
  })
  @ApiCreatedResponse({ type: OneTimeCodeResponse })
  @ApiProblem('user_not_found')
  ticket(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @From() origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.codes.ticket(caller.publicId, publicId, origin);
  }
}
