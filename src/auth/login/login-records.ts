import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import type { Origin } from '../../http/origin.js';
import { UsersRepository } from '../../users/users.repository.js';
import type { Credentials } from '../../users/users.repository.js';
import type { LoginResponse } from '../sessions/sessions.dto.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { TokenPairs } from '../sessions/token-pairs.js';
import type { Admission } from '../throttle/admission.js';
import { ThrottleService } from '../throttle/throttle.service.js';

/** A login whose password was right, and which has not begun a session yet. */
export interface VerifiedLogin {
  /** Of the user, for the log line of the request. */
  publicId: string;
  user: Credentials;
  admission: Admission;
  origin: Origin;
  /** The password hashed anew, where the stored hash is outdated. */
  newHash?: string;
}

/** No user has this id. */
const NOBODY = 0;

/** What a login leaves behind, each in one unit of work. */
@Injectable()
export class LoginRecords {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly throttle: ThrottleService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly pairs: TokenPairs,
  ) {}

  async failed(
    known: Credentials | undefined,
    admission: Admission,
    origin: Origin,
  ): Promise<void> {
    await this.throttle.loginFailed(admission);
    await this.database.write(async tx => {
      // For a name that nobody has, too: the statement costs the same, and time must not tell.
      await this.users.countFailedLogin(tx, known?.id ?? NOBODY);
      await this.audit.record({
        action: 'login.failed',
        subject: known?.publicId,
        origin,
        detail: { lane: admission.lane },
      });
    });
  }

  /** Undefined where the account has been disabled, removed or given another password in the meantime. */
  async succeeded(login: VerifiedLogin): Promise<LoginResponse | undefined> {
    const begun = await this.database.write(async tx => {
      const user = await this.users.lockCredentials(tx, login.user.id);
      const same = user?.passwordHash === login.user.passwordHash && !user.disabled;
      return user !== undefined && same ? this.#begin(tx, user, login) : undefined;
    });
    return begun && { ...(await this.pairs.of(begun.session)), ...begun.extra };
  }

  async #begin(tx: Transaction, user: Credentials, { admission, origin, newHash }: VerifiedLogin) {
    const { deviceToken } = await this.throttle.loginSucceeded(tx, admission, {
      userId: user.id,
      address: origin.address,
    });
    if (newHash !== undefined) {
      await this.users.setPasswordHash(user.id, newHash, Date.now());
    }
    await this.users.clearFailedLogins(tx, user.id);
    const session = await this.sessions.begin(tx, user, origin);
    await this.audit.record({
      action: 'login.succeeded',
      actor: user.publicId,
      subject: user.publicId,
      origin,
      detail: { lane: admission.lane, failed_before: user.failedLogins },
    });
    return { session, extra: { device_token: deviceToken, failed_logins: user.failedLogins } };
  }
}
