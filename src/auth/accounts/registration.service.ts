import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import { networkOf } from '../../http/network.js';
import type { Origin } from '../../http/origin.js';
import { UsersService, userName } from '../../users/users.service.js';
import type { User } from '../../users/user.entity.js';
import type { NewUser } from '../../users/users.repository.js';
import { registrationClosed } from '../auth.errors.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PasswordPolicy } from '../passwords/password-policy.js';
import type { HashLane } from '../throttle/admission.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import type { RegisterRequest, RegisterResponse } from './accounts.dto.js';

export interface NewAccount {
  name: string;
  password: string;
  admin: boolean;
}

/** Creates accounts: for those who register, and for an operator. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly users: UsersService,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly throttle: ThrottleService,
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Registers. Throws `registration_closed`, `validation_failed`, `too_many_requests`, and `name_taken`: the only
   * answer of the product that tells that a name exists.
   */
  async register(request: RegisterRequest, origin: Origin): Promise<RegisterResponse> {
    if (this.config.registration === 'closed') {
      throw registrationClosed();
    }
    const account = { ...request, admin: false };
    this.#check(account);
    const limit = this.config.registerLimit;
    const reservation = await this.throttle.admitRegistration(origin.address, limit);
    try {
      const { publicId: public_id, name } = await this.#store(
        await this.hash(account, 'stranger', networkOf(origin.address)),
        origin,
      );
      return { message: 'registered successfully', public_id, name };
    } catch (error) {
      if ((error as { code?: string }).code === 'unavailable') {
        await this.throttle.refund(reservation).catch(() => undefined);
      }
      throw error;
    }
  }

  /** Adds an account for an operator. Throws `validation_failed`, `name_taken`. */
  async add(account: NewAccount, actor: string, origin: Origin): Promise<User> {
    return this.#store(await this.hash(account, 'trusted'), origin, actor);
  }

  /** The account as it is stored. Throws `validation_failed`, `unavailable`. */
  async hash(account: NewAccount, lane: HashLane, owner?: string): Promise<NewUser> {
    const { name, nameKey } = this.#check(account);
    const passwordHash = await this.hasher.hash(account.password, lane, owner);
    return { publicId: randomUUID(), name, nameKey, passwordHash, admin: account.admin };
  }

  #check({ name: typed, password }: NewAccount): { name: string; nameKey: string } {
    const { name, key: nameKey } = userName(typed);
    this.policy.check(password, name, 'password');
    return { name, nameKey };
  }

  #store(user: NewUser, origin: Origin, actor = user.publicId): Promise<User> {
    return this.database.write(tx => this.users.create(tx, user, { actor, origin }));
  }
}
