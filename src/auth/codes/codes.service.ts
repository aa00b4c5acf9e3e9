import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import type { Origin } from '../../http/origin.js';
import { rfc3339 } from '../../http/time.js';
import { UsersRepository } from '../../users/users.repository.js';
import type { OneTimeCodeResponse } from './codes.dto.js';
import type { CodePurpose } from './one-time-code.entity.js';
import { OneTimeCodesRepository } from './one-time-codes.repository.js';

const ACTIONS: Record<CodePurpose, string> = {
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

  /** A code for a new password, valid for one hour. Throws `user_not_found`. */
  createResetCode(actor: string, publicId: string, origin: Origin): Promise<OneTimeCodeResponse> {
    return this.#create('reset', actor, publicId, origin);
  }

  /** A ticket for one login from anywhere, valid for ten minutes. Throws `user_not_found`. */
  createLoginTicket(actor: string, publicId: string, origin: Origin): Promise<OneTimeCodeResponse> {
    return this.#create('login', actor, publicId, origin);
  }

  #create(
    purpose: CodePurpose,
    actor: string,
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
