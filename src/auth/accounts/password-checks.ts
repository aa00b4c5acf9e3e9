import { Injectable } from '@nestjs/common';
import type { Principal } from '../../http/principal.js';
import { UsersRepository } from '../../users/users.repository.js';
import { passwordRefused } from '../auth.errors.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PasswordPolicy } from '../passwords/password-policy.js';
import { ThrottleService } from '../throttle/throttle.service.js';

/** Checks and hashes passwords for those who are known already. */
@Injectable()
export class PasswordChecks {
  constructor(
    private readonly users: UsersRepository,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly throttle: ThrottleService,
  ) {}

  /**
   * The stored hash, where the password is the caller's own; undefined where it is not.
   * Throws `too_many_requests`, `unavailable`.
   */
  async confirm(caller: Principal, password: string): Promise<string | undefined> {
    const place = await this.throttle.admit('password_change', caller.sessionId ?? '');
    const stored = await this.users.findCredentials({ id: caller.userId });
    try {
      const { ok } = await this.hasher.verify(
        password,
        stored?.passwordHash,
        'trusted',
        caller.publicId,
      );
      if (!ok) {
        return undefined;
      }
    } catch (error) {
      await this.throttle.refund(place);
      throw error;
    }
    await this.throttle.refund(place);
    return stored?.passwordHash;
  }

  /** Throws `validation_failed` for what cannot be a password. */
  check(password: string, name: string): void {
    const fault = this.policy.fault(password, name);
    if (fault !== undefined) {
      throw passwordRefused(fault, 'new_password');
    }
  }

  async hashNew(password: string, name: string, lane: 'trusted'): Promise<string> {
    this.check(password, name);
    return this.hasher.hash(password, lane);
  }
}
