import { Controller, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../../http/access.js';
import { From } from '../../http/origin.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { USER_ID } from '../../http/user-id.docs.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { OneTimeCodeResponse } from './codes.dto.js';
import { CodesService } from './codes.service.js';

@ApiTags('users')
@Access({ admin: true, fresh: true })
@ApiProblem('user_not_found', 'command_line_only')
@USER_ID
@Controller('users/:public_id')
export class CodesController {
  constructor(private readonly codes: CodesService) {}

  @Post('reset')
  @ApiOperation({
    summary: 'Create a password-reset code',
    operationId: 'startPasswordReset',
    description:
      'Give the code to the user, who sets a new password with it at `POST /password-reset`. It ' +
      'works once, for 24 hours, and replaces an earlier one. Codes for yourself or another admin ' +
      'come only from the command line.',
  })
  @ApiCreatedResponse({ type: OneTimeCodeResponse, description: 'the code, shown once' })
  createResetCode(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @From() origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.codes.createForUser(caller, 'reset', publicId, origin);
  }

  @Post('ticket')
  @ApiOperation({
    summary: 'Create a one-time login ticket',
    operationId: 'makeLoginTicket',
    description:
      'Lets a user log in from a new device while someone else guesses their password. The user ' +
      'sends the ticket as `X-Login-Ticket`, together with the password. It works once.',
  })
  @ApiCreatedResponse({ type: OneTimeCodeResponse, description: 'the ticket, shown once' })
  createLoginTicket(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @From() origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.codes.createForUser(caller, 'login', publicId, origin);
  }
}
