import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import type { Origin } from '../../http/origin.js';
import { UsersService, userName } from '../../users/users.service.js';
import type { User } from '../../users/user.entity.js';
import { passwordRefused, registrationClosed } from '../auth.errors.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PasswordPolicy } from '../passwords/password-policy.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import type { RegisterRequest, RegisterResponse } from './accounts.dto.js';

/** Makes accounts: by whoever registers, by an operator, and the first admin of a container. */
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
   * Registers. Throws `registration_closed`, `validation_failed`, `too_many_requests`, and `name_taken`: the one
   * answer of the product that tells that a name exists, since a name can be taken only once.
   */
  async register({ name, password }: RegisterRequest, origin: Origin): Promise<RegisterResponse> {
    if (this.config.registration === 'closed') {
      throw registrationClosed();
    }
    const account = this.#checked(name, password);
    const place = await this.throttle.admitRegistration(origin.address, this.config.registerLimit);
    let user: User;
    try {
      const passwordHash = await this.hasher.hash(password, 'stranger');
      user = await this.#store({ ...account, passwordHash, admin: false }, undefined, origin);
    } catch (error) {
      if ((error as { code?: string }).code === 'unavailable') {
        await this.throttle.refund(place).catch(() => undefined);
      }
      throw error;
    }
    return { message: 'registered successfully', public_id: user.publicId, name: user.name };
  }

  /** Adds an account for an operator. Throws `validation_failed`, `name_taken`. */
  async add(
    account: { name: string; password: string; admin: boolean },
    actor: string,
    origin: Origin,
  ): Promise<User> {
    const { name, nameKey } = this.#checked(account.name, account.password);
    const passwordHash = await this.hasher.hash(account.password, 'trusted');
    return this.#store({ name, nameKey, passwordHash, admin: account.admin }, actor, origin);
  }

  #checked(rawName: string, password: string): { name: string; nameKey: string } {
    const { name, key } = userName(rawName);
    const fault = this.policy.fault(password, name);
    if (fault !== undefined) {
      throw passwordRefused(fault);
    }
    return { name, nameKey: key };
  }

  #store(
    account: { name: string; nameKey: string; passwordHash: string; admin: boolean },
    actor: string | undefined,
    origin: Origin,
  ): Promise<User> {
    const publicId = randomUUID();
    const by = { actor: actor ?? publicId, origin };
    return this.database.write(tx => this.users.create(tx, { publicId, ...account }, by));
  }
}
