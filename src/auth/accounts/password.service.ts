import { Injectable } from '@nestjs/common';
import { hostNetworkOf } from '../../http/network.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { normalizeName } from '../../users/user-name.js';
import { UsersRepository } from '../../users/users.repository.js';
import { UsersService } from '../../users/users.service.js';
import { codeRefused, wrongPassword } from '../auth.errors.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import type { ChangePasswordRequest, ResetPasswordRequest } from './accounts.dto.js';
import { PasswordChecks } from './password-checks.js';
import { PasswordRecords } from './password-records.js';

/** What needs the password, or gives another one. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly users: UsersRepository,
    private readonly accounts: UsersService,
    private readonly credentials: PasswordChecks,
    private readonly records: PasswordRecords,
    private readonly throttle: ThrottleService,
  ) {}

  /** Changes the caller's password and ends every other session. Throws `wrong_password`, `validation_failed`. */
  async change(caller: Principal, request: ChangePasswordRequest, origin: Origin): Promise<void> {
    const oldHash = await this.#confirm(caller, request.current_password, origin);
    const hash = await this.credentials.hashNew(request.new_password, caller.name, 'trusted');
    await this.records.changed(caller, oldHash, hash, origin);
  }

  /** Removes the caller's account with all that is theirs. Throws `wrong_password`, `last_admin`. */
  async removeAccount(caller: Principal, password: string, origin: Origin): Promise<void> {
    await this.#confirm(caller, password, origin);
    await this.accounts.remove(caller.publicId, caller.publicId, origin);
  }

  /**
   * Gives an account a new password by an admin's one-time code, and ends all its sessions and tokens.
   * Throws `code_refused` alike for a wrong code and for a name that does not exist.
   */
  async reset(request: ResetPasswordRequest, origin: Origin): Promise<void> {
    const { name, code, new_password: password } = request;
    await this.throttle.admit('reset', hostNetworkOf(origin.address));
    const normalized = normalizeName(name);
    const nameKey = 'key' in normalized ? normalized.key : undefined;
    this.credentials.check(password, name);
    const user = nameKey === undefined ? null : await this.users.findByNameKey(nameKey);
    if (!(await this.throttle.checkReset({ userId: user?.id, code })) || user === null) {
      await this.records.refused('password.reset_refused', { subject: user?.publicId }, origin);
      throw codeRefused();
    }
    const hash = await this.credentials.hashNew(password, user.name, 'trusted');
    if (!(await this.records.reset(user, code, hash, origin))) {
      throw codeRefused();
    }
  }

  /** The stored hash of the caller's password. Throws `wrong_password`, `too_many_requests`. */
  async #confirm(caller: Principal, password: string, origin: Origin): Promise<string> {
    const hash = await this.credentials.confirm(caller, password);
    if (hash === undefined) {
      const user = { actor: caller.publicId, subject: caller.publicId };
      await this.records.refused('password.refused', user, origin);
      throw wrongPassword();
    }
    return hash;
  }
}
