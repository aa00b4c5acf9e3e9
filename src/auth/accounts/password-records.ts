import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { UsersRepository } from '../../users/users.repository.js';
import { codeRefused, tokenInvalid, wrongPassword } from '../auth.errors.js';
import { OneTimeCodesRepository } from '../codes/one-time-codes.repository.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { ThrottleService } from '../throttle/throttle.service.js';

/** Stores new passwords with all that follows from them, each in one unit of work. */
@Injectable()
export class PasswordRecords {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsRepository,
    private readonly codes: OneTimeCodesRepository,
    private readonly throttle: ThrottleService,
    private readonly audit: AuditService,
  ) {}

  /** Throws `wrong_password` if another request has changed the password since `oldHash` was read. */
  async changed(caller: Principal, oldHash: string, hash: string, origin: Origin): Promise<void> {
    await this.database.write(async tx => {
      const stored = await this.users.lockCredentials(tx, caller.userId);
      if (stored === undefined) {
        throw tokenInvalid();
      }
      if (stored.passwordHash !== oldHash) {
        throw wrongPassword();
      }
      await this.#store(tx, caller.userId, hash, origin, caller.sessionId);
      await this.audit.record({
        action: 'password.changed',
        actor: caller.publicId,
        subject: caller.publicId,
        origin,
      });
    });
  }

  /** Throws `code_refused` if the code was used, voided or expired since it was checked. */
  async reset(
    user: { id: number; publicId: string },
    code: string,
    hash: string,
    origin: Origin,
  ): Promise<void> {
    const redeemed = await this.database.write(async tx => {
      if (!(await this.codes.redeemReset(user.id, code))) {
        return false;
      }
      await this.#store(tx, user.id, hash, origin);
      // One millisecond later, to end the sessions and tokens of this very millisecond too.
      await this.users.endTokens(user.id, Date.now() + 1);
      await this.audit.record({ action: 'password.reset', subject: user.publicId, origin });
      return true;
    });
    if (!redeemed) {
      throw codeRefused();
    }
  }

  /** Records a wrong code; `subject` is undefined for an unknown name. */
  async resetRefused(subject: string | undefined, origin: Origin): Promise<void> {
    const event = { action: 'password.reset_refused', subject, origin };
    await this.database.write(() => this.audit.record(event));
  }

  async #store(
    tx: Transaction,
    userId: number,
    hash: string,
    { address }: Origin,
    keepSession?: string,
  ): Promise<void> {
    await this.users.setPasswordHash(userId, hash, Date.now());
    await this.sessions.deleteOthers(userId, keepSession);
    await this.throttle.resetAfterPasswordChange(tx, userId, address);
    await this.codes.voidReset(userId);
  }
}
