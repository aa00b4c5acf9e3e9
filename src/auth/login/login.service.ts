import { Injectable } from '@nestjs/common';
import type { Origin } from '../../http/origin.js';
import { UsersRepository } from '../../users/users.repository.js';
import type { Credentials } from '../../users/users.repository.js';
import { normalizeName } from '../../users/user-name.js';
import { couldNotVerify } from '../auth.errors.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { LoginResponse } from '../sessions/sessions.dto.js';
import type { Admission } from '../throttle/admission.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import { LoginRecords } from './login-records.js';
import type { VerifiedLogin } from './login-records.js';

export interface LoginAttempt {
  name: string;
  password: string;
  origin: Origin;
  deviceToken?: string;
  ticket?: string;
}

/**
 * Logs in. The name may be anybody's, nobody's, or that of a disabled user: place, work, time and answer of a failed
 * login are the same.
 */
@Injectable()
export class LoginService {
  constructor(
    private readonly users: UsersRepository,
    private readonly throttle: ThrottleService,
    private readonly hasher: PasswordHasher,
    private readonly records: LoginRecords,
  ) {}

  /** Throws `could_not_verify`, `too_many_requests`, `unavailable`. */
  async verify(attempt: LoginAttempt): Promise<VerifiedLogin> {
    const { password, origin, deviceToken, ticket } = attempt;
    const normalized = normalizeName(attempt.name);
    const nameKey = 'key' in normalized ? normalized.key : attempt.name.slice(0, 200);
    const known = await this.users.findCredentials({ nameKey });
    const admission = await this.throttle.admitLogin({
      nameKey,
      user: known && { id: known.id },
      address: origin.address,
      deviceToken,
      ticket,
    });
    const user = known?.disabled ? undefined : known;
    // Not for strangers, to whom the time must not tell whether a name is anybody's.
    const whose = admission.hashLane === 'trusted' ? nameKey : undefined;
    const { ok, rehash } = await this.#compare(password, user, admission, whose);
    if (!ok || user === undefined) {
      await this.records.failed(known, admission, origin);
      throw couldNotVerify();
    }
    // Where the queue is full now, the next login will do.
    const newHash = rehash
      ? await this.hasher.hash(password, admission.hashLane, whose).catch(() => undefined)
      : undefined;
    return { publicId: user.publicId, user, admission, origin, newHash };
  }

  /** Begins the session of a login that was verified. Throws `could_not_verify` where the account has changed since. */
  async begin(login: VerifiedLogin): Promise<LoginResponse> {
    const answer = await this.records.succeeded(login);
    if (answer === undefined) {
      throw couldNotVerify();
    }
    return answer;
  }

  async #compare(
    password: string,
    user: Credentials | undefined,
    admission: Admission,
    whose?: string,
  ): Promise<{ ok: boolean; rehash: boolean }> {
    try {
      return await this.hasher.verify(password, user?.passwordHash, admission.hashLane, whose);
    } catch (error) {
      await this.throttle.refund(admission);
      throw error;
    }
  }
}
