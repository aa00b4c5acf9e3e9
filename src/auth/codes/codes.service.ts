import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import type { Origin } from '../../http/origin.js';
import { rfc3339 } from '../../http/time.js';
import { UsersRepository } from '../../users/users.repository.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import type { OneTimeCodeResponse } from '../accounts/accounts.dto.js';

/** One-time codes that an admin hands over: an admin can start a new password or a login, but never choose one. */
@Injectable()
export class CodesService {
  constructor(
    private readonly users: UsersRepository,
    private readonly throttle: ThrottleService,
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /** A code for a new password. Throws `user_not_found`. */
  reset(actor: string, publicId: string, origin: Origin): Promise<OneTimeCodeResponse> {
    return this.#hand('password.reset_started', actor, publicId, origin);
  }

  /** A ticket for one login from anywhere. Throws `user_not_found`. */
  ticket(actor: string, publicId: string, origin: Origin): Promise<OneTimeCodeResponse> {
    return this.#hand('login.ticket_made', actor, publicId, origin);
  }

  #hand(
    action: 'password.reset_started' | 'login.ticket_made',
    actor: string,
    publicId: string,
    origin: Origin,
  ): Promise<OneTimeCodeResponse> {
    return this.database.write(async tx => {
      const user = await this.users.getByPublicId(publicId);
      const { code, expiresAt } =
        action === 'login.ticket_made'
          ? await this.throttle.createTicket(tx, user.id)
          : await this.throttle.createReset(tx, user.id);
      await this.audit.record({ action, actor, subject: publicId, origin });
      return { code, expires_at: rfc3339(expiresAt) };
    });
  }
}
