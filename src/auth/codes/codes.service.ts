import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { SecurityAction } from '../../audit/security-events.js';
import { Database } from '../../database/database.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { rfc3339 } from '../../http/time.js';
import { UsersRepository } from '../../users/users.repository.js';
import { commandLineOnly } from '../auth.errors.js';
import type { OneTimeCodeResponse } from './codes.dto.js';
import type { CodePurpose } from './one-time-code.entity.js';
import { OneTimeCodesRepository } from './one-time-codes.repository.js';

const ACTIONS: Record<CodePurpose, SecurityAction> = {
  reset: 'password.reset_started',
  login: 'login.ticket_made',
};

/** Creates the one-time codes that an admin hands over; the admin never chooses or sees a password. */
@Injectable()
export class CodesService {
  constructor(
    private readonly users: UsersRepository,
    private readonly codes: OneTimeCodesRepository,
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /**
   * A one-time code from an admin for a user who is none: a stolen token must not lead to an admin's password.
   * Throws `user_not_found`, `command_line_only`.
   */
  createForUser(
    caller: Principal,
    purpose: CodePurpose,
    publicId: string,
    origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.database.write(async () => {
      const user = await this.users.getByPublicId(publicId);
      if (user.admin || user.id === caller.userId) {
        throw commandLineOnly();
      }
      return this.create(caller.publicId, purpose, publicId, origin);
    });
  }

  /** A one-time code for any user: `reset` is valid for one hour, `login` for ten minutes. Throws `user_not_found`. */
  create(
    actor: string,
    purpose: CodePurpose,
    publicId: string,
    origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.database.write(async () => {
      const user = await this.users.getByPublicId(publicId);
      const { code, expiresAt } = await this.codes.create(user.id, purpose);
      await this.audit.record({ action: ACTIONS[purpose], actor, subject: publicId, origin });
      return { code, expires_at: rfc3339(expiresAt) };
    });
  }
}
