import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { UsersRepository } from '../../users/users.repository.js';
import { tokenInvalid, wrongPassword } from '../auth.errors.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { ThrottleService } from '../throttle/throttle.service.js';

/** What a new password leaves behind, each in one unit of work. */
@Injectable()
export class PasswordRecords {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsRepository,
    private readonly throttle: ThrottleService,
    private readonly audit: AuditService,
  ) {}

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

  /** False where the code was used, voided or expired in the meantime. */
  async reset(
    user: { id: number; publicId: string },
    code: string,
    hash: string,
    origin: Origin,
  ): Promise<boolean> {
    return this.database.write(async tx => {
      if (!(await this.throttle.redeemReset(tx, { userId: user.id, code }))) {
        return false;
      }
      await this.#store(tx, user.id, hash, origin);
      // One millisecond on: a session or token that was made in this very one ends as well.
      await this.users.endTokens(user.id, Date.now() + 1);
      await this.audit.record({ action: 'password.reset', subject: user.publicId, origin });
      return true;
    });
  }

  /** Notes that somebody gave a wrong password within a session, or a wrong code; `user` may be nobody. */
  async refused(
    action: 'password.refused' | 'password.reset_refused',
    user: { actor?: string; subject?: string },
    origin: Origin,
  ): Promise<void> {
    await this.database.write(() => this.audit.record({ action, ...user, origin }));
  }

  async #store(
    tx: Transaction,
    userId: number,
    hash: string,
    { address }: Origin,
    keep?: string,
  ): Promise<void> {
    await this.users.setPasswordHash(userId, hash, Date.now());
    await this.sessions.deleteOthers(tx, userId, keep);
    await this.throttle.startAnew(tx, { userId, address });
  }
}
