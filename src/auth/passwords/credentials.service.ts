import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database } from '../../database/database.js';
import { networkOf } from '../../http/network.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { Problem } from '../../problems/problem.js';
import { normalizeName } from '../../users/user-name.js';
import { UsersRepository } from '../../users/users.repository.js';
import type { Credentials } from '../../users/users.repository.js';
import { couldNotVerify, wrongPassword } from '../auth.errors.js';
import type { Admission, Reservation } from '../throttle/admission.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import { PasswordHasher } from './password-hasher.js';
import type { PasswordCheck } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';

export interface LoginAttempt {
  name: string;
  password: string;
  origin: Origin;
  /** The value of `X-Device-Token`. */
  deviceToken?: string;
  /** The value of `X-Login-Ticket`. */
  ticket?: string;
}

/** A login whose password was right, before its session begins. */
export interface VerifiedLogin {
  /** The user's, for the log line of the request. */
  publicId: string;
  user: Credentials;
  admission: Admission;
  origin: Origin;
  /** A new hash of the password, where the stored hash is outdated. */
  newHash?: string;
}

/** No user has this id. */
const NO_USER_ID = 0;

/** Checks passwords, each after the throttle has admitted the attempt. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly throttle: ThrottleService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly audit: AuditService,
  ) {}

  /**
   * Checks name and password of a login. A failed login takes the same work, time and answer whether the name is
   * known, unknown or disabled. Throws `could_not_verify`, `too_many_requests`, `unavailable`.
   */
  async verifyLogin(attempt: LoginAttempt): Promise<VerifiedLogin> {
    const { password, origin, deviceToken, ticket } = attempt;
    const normalized = normalizeName(attempt.name);
    const nameKey = 'key' in normalized ? normalized.key : attempt.name.slice(0, 200);
    const known = await this.users.findCredentials({ nameKey });
    const admission = await this.throttle
      .admitLogin({
        nameKey,
        user: known && { id: known.id },
        address: origin.address,
        deviceToken,
        ticket,
      })
      .catch((error: unknown) => {
        if (error instanceof Problem && error.code === 'too_many_requests') {
          this.audit.announce({ action: 'login.throttled', subject: known?.publicId, origin });
        }
        throw error;
      });
    const user = known?.disabled ? undefined : known;
    const { hashLane } = admission;
    // Strangers take turns by network: turns by name would tell them whether others guess the same name.
    const owner = hashLane === 'trusted' ? nameKey : networkOf(origin.address);
    const { ok, rehash } = await this.#refundIfUnchecked(admission, () =>
      this.hasher.verify(password, user?.passwordHash, hashLane, owner),
    );
    if (!ok || user === undefined) {
      await this.#recordFailure(known, admission, origin);
      throw couldNotVerify();
    }
    // If the hash queue is full now, the next login stores the new hash.
    const newHash = rehash
      ? await this.hasher.hash(password, hashLane, owner).catch(() => undefined)
      : undefined;
    return { publicId: user.publicId, user, admission, origin, newHash };
  }

  /**
   * Checks the caller's own password; returns its stored hash.
   * Throws `wrong_password`, `too_many_requests`, `unavailable`.
   */
  async confirm(caller: Principal, password: string, origin: Origin): Promise<string> {
    await this.throttle.checkSuccesses(caller.userId);
    const reservation = await this.throttle.admit('password_change', caller.sessionId ?? '');
    const stored = await this.users.findCredentials({ id: caller.userId });
    const { ok } = await this.#refundIfUnchecked(reservation, () =>
      this.hasher.verify(password, stored?.passwordHash, 'trusted', caller.publicId),
    );
    if (!ok || stored === undefined) {
      const { publicId } = caller;
      const action = 'password.refused';
      await this.database.write(() =>
        this.audit.record({ action, actor: publicId, subject: publicId, origin }),
      );
      throw wrongPassword();
    }
    await this.throttle.refund(reservation);
    await this.database.write(tx => this.throttle.countSuccess(tx, caller.userId));
    return stored.passwordHash;
  }

  /** Hashes a new password for a caller who has proved who they are. Throws `validation_failed`, `unavailable`. */
  hashNew(password: string, name: string): Promise<string> {
    this.checkNew(password, name);
    return this.hasher.hash(password, 'trusted');
  }

  /** Throws `validation_failed` if this cannot be a password. */
  checkNew(password: string, name: string): void {
    this.policy.check(password, name, 'new_password');
  }

  /** Refunds the attempt if its password was never checked, such as when the hash queue is full. */
  async #refundIfUnchecked(
    reservation: Reservation,
    check: () => Promise<PasswordCheck>,
  ): Promise<PasswordCheck> {
    try {
      return await check();
    } catch (error) {
      await this.throttle.refund(reservation);
      throw error;
    }
  }

  async #recordFailure(
    known: Credentials | undefined,
    admission: Admission,
    origin: Origin,
  ): Promise<void> {
    await this.throttle.loginFailed(admission);
    await this.database.write(async tx => {
      // Also for an unknown name, so that the time does not tell.
      await this.users.countFailedLogin(tx, known?.id ?? NO_USER_ID);
      await this.audit.record({
        action: 'login.failed',
        subject: known?.publicId,
        origin,
        detail: { lane: admission.lane },
      });
    });
  }
}
