import { Injectable } from '@nestjs/common';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { normalizeName } from '../../users/user-name.js';
import { UsersRepository } from '../../users/users.repository.js';
import { UsersService } from '../../users/users.service.js';
import { codeRefused } from '../auth.errors.js';
import { OneTimeCodesRepository } from '../codes/one-time-codes.repository.js';
import { CredentialsService } from '../passwords/credentials.service.js';
import type { OpenSession } from '../sessions/token-pairs.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import type { ChangePasswordRequest, ResetPasswordRequest } from './accounts.dto.js';
import { PasswordRecords } from './password-records.js';

/** Changes and resets passwords, and removes accounts by password. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly users: UsersRepository,
    private readonly accounts: UsersService,
    private readonly credentials: CredentialsService,
    private readonly codes: OneTimeCodesRepository,
    private readonly records: PasswordRecords,
    private readonly throttle: ThrottleService,
  ) {}

  /**
   * Changes the caller's password, and ends all sessions and personal access tokens; returns the caller's new session.
   * Throws `wrong_password`, `validation_failed`, `too_many_requests`.
   */
  async change(
    caller: Principal,
    request: ChangePasswordRequest,
    origin: Origin,
  ): Promise<OpenSession> {
    const oldHash = await this.credentials.confirm(caller, request.current_password, origin);
    const newHash = await this.credentials.hashNew(request.new_password, caller);
    const keepTokens = request.keep_tokens ?? false;
    return this.records.changed(caller, { oldHash, newHash, keepTokens }, origin);
  }

  /** Makes the caller's session fresh. Throws `wrong_password`, `too_many_requests`. */
  async confirm(caller: Principal, password: string, origin: Origin): Promise<void> {
    const hash = await this.credentials.confirm(caller, password, origin);
    await this.records.confirmed(caller, hash, origin);
  }

  /** Removes the caller's account with all its data. Throws `wrong_password`, `last_admin`. */
  async removeAccount(caller: Principal, password: string, origin: Origin): Promise<void> {
    await this.credentials.confirm(caller, password, origin);
    await this.accounts.remove(caller.publicId, caller.publicId, origin);
  }

  /**
   * Sets a new password by a password-reset code, and ends all sessions and tokens of the user.
   * Throws `validation_failed`, and `code_refused` for a wrong code and an unknown name alike.
   */
  async reset(request: ResetPasswordRequest, origin: Origin): Promise<void> {
    const { name, code, new_password: password } = request;
    await this.throttle.admitAnonymous('reset', origin.address);
    const normalized = normalizeName(name);
    this.credentials.checkNew(password, name);
    const user = 'key' in normalized ? await this.users.findByNameKey(normalized.key) : null;
    if (!(await this.codes.checkReset(user?.id, code)) || user === null) {
      await this.records.resetRefused(user?.publicId, origin);
      throw codeRefused();
    }
    const hash = await this.credentials.hashNew(password, user);
    await this.records.reset(user, code, hash, origin);
  }
}
