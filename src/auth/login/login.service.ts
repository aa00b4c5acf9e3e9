import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { UsersRepository } from '../../users/users.repository.js';
import type { Credentials } from '../../users/users.repository.js';
import { couldNotVerify } from '../auth.errors.js';
import type { VerifiedLogin } from '../passwords/credentials.service.js';
import type { LoginResponse } from '../sessions/sessions.dto.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { TokenPairs } from '../sessions/token-pairs.js';
import { ThrottleService } from '../throttle/throttle.service.js';

/** Begins the session of a login whose password was right. */
@Injectable()
export class LoginService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly throttle: ThrottleService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly pairs: TokenPairs,
  ) {}

  /** Throws `could_not_verify` if the account was disabled, removed or given another password since the check. */
  async begin(login: VerifiedLogin): Promise<LoginResponse> {
    const { session, ...rest } = await this.database.write(async tx => {
      const user = await this.users.lockCredentials(tx, login.user.id);
      if (user === undefined || user.disabled || user.passwordHash !== login.user.passwordHash) {
        throw couldNotVerify();
      }
      return this.#begin(tx, user, login);
    });
    return { ...(await this.pairs.issue(session)), ...rest };
  }

  async #begin(tx: Transaction, user: Credentials, { admission, origin, newHash }: VerifiedLogin) {
    const deviceToken = await this.throttle.loginSucceeded(tx, admission, {
      userId: user.id,
      address: origin.address,
    });
    if (newHash !== undefined) {
      await this.users.setPasswordHash(user.id, newHash, Date.now());
    }
    await this.users.clearFailedLogins(tx, user.id);
    const session = await this.sessions.begin(user, origin);
    await this.audit.record({
      action: 'login.succeeded',
      actor: user.publicId,
      subject: user.publicId,
      origin,
      detail: { lane: admission.lane, failed_before: user.failedLogins },
    });
    return { session, device_token: deviceToken, failed_logins: user.failedLogins };
  }
}
