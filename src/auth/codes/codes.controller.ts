import { Controller, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../../http/access.js';
import { From } from '../../http/origin.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { ApiProblem } from '../../problems/problem.dto.js';
import { OneTimeCodeResponse } from './codes.dto.js';
import { CodesService } from './codes.service.js';

@ApiTags('accounts')
@Access({ admin: true, fresh: true })
@ApiCreatedResponse({ type: OneTimeCodeResponse })
@ApiProblem('user_not_found', 'command_line_only')
@Controller('users/:public_id')
export class CodesController {
  constructor(private readonly codes: CodesService) {}

  @Post('reset')
  @ApiOperation({ summary: 'Create a password-reset code', operationId: 'startPasswordReset' })
  createResetCode(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @From() origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.codes.createForUser(caller, 'reset', publicId, origin);
  }

  @Post('ticket')
  @ApiOperation({ summary: 'Create a one-time login ticket', operationId: 'makeLoginTicket' })
  createLoginTicket(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @From() origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.codes.createForUser(caller, 'login', publicId, origin);
  }
}
