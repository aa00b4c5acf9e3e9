import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { SecurityAction } from '../../audit/security-events.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { UsersRepository } from '../../users/users.repository.js';
import { codeRefused, tokenInvalid, wrongPassword } from '../auth.errors.js';
import { OneTimeCodesRepository } from '../codes/one-time-codes.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import type { OpenSession } from '../sessions/token-pairs.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import { PersonalTokensRepository } from '../tokens/personal-tokens.repository.js';

interface PasswordChange {
  /** The hash that the current password was checked against. */
  readonly oldHash: string;
  readonly newHash: string;
  /** Whether personal access tokens stay valid. */
  readonly keepTokens: boolean;
}

/** Stores new passwords with all that follows from them, each in one unit of work. */
@Injectable()
export class PasswordRecords {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsService,
    private readonly tokens: PersonalTokensRepository,
    private readonly codes: OneTimeCodesRepository,
    private readonly throttle: ThrottleService,
    private readonly audit: AuditService,
  ) {}

  /** Stores a changed password and begins a new session. Throws `wrong_password`, `token_invalid`. */
  async changed(caller: Principal, change: PasswordChange, origin: Origin): Promise<OpenSession> {
    return this.database.write(async tx => {
      await this.#lock(tx, caller, change.oldHash);
      await this.#store(tx, caller.userId, change.newHash, origin);
      if (!change.keepTokens) {
        await this.tokens.deleteAll(caller.userId);
      }
      await this.#record('password.changed', caller, origin);
      return this.sessions.begin({ id: caller.userId, publicId: caller.publicId }, origin);
    });
  }

  /** Records that the caller's session saw the password. Throws `wrong_password`, `token_invalid`. */
  async confirmed(caller: Principal, hash: string, origin: Origin): Promise<void> {
    await this.database.write(async tx => {
      await this.#lock(tx, caller, hash);
      await this.sessions.confirm(caller);
      await this.#record('session.confirmed', caller, origin);
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
      await this.tokens.deleteAll(user.id);
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
    const event = { action: 'password.reset_refused', subject, origin } as const;
    await this.database.write(() => this.audit.record(event));
  }

  /** Locks the caller's account. Throws if its password is no longer that of `hash`, or if it was disabled. */
  async #lock(tx: Transaction, { userId }: Principal, hash: string): Promise<void> {
    const stored = await this.users.lockCredentials(tx, userId);
    if (stored === undefined || stored.disabled) {
      throw tokenInvalid();
    }
    if (stored.passwordHash !== hash) {
      throw wrongPassword();
    }
  }

  async #store(tx: Transaction, userId: number, hash: string, { address }: Origin): Promise<void> {
    await this.users.setPasswordHash(userId, hash, Date.now());
    await this.sessions.endAll(userId);
    await this.throttle.resetAfterPasswordChange(tx, userId, address);
    await this.codes.voidReset(userId);
  }

  async #record(action: SecurityAction, { publicId }: Principal, origin: Origin): Promise<void> {
    await this.audit.record({ action, actor: publicId, subject: publicId, origin });
  }
}
