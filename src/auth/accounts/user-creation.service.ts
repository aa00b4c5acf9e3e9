import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Origin } from '../../http/origin.js';
import type { Principal } from '../../http/principal.js';
import { rfc3339 } from '../../http/time.js';
import { UsersService, userName } from '../../users/users.service.js';
import { OneTimeCodesRepository } from '../codes/one-time-codes.repository.js';
import type { NewUserRequest, NewUserResponse } from './accounts.dto.js';

/** Stored in place of a hash: no password matches it. */
const NO_PASSWORD = 'none';

/** Creates users for an admin, also while registration is closed. */
@Injectable()
export class UserCreationService {
  constructor(
    private readonly users: UsersService,
    private readonly codes: OneTimeCodesRepository,
    private readonly database: Database,
  ) {}

  /** The user, without a password, and the code that sets the first one. Throws `name_taken`, `validation_failed`. */
  create(caller: Principal, request: NewUserRequest, origin: Origin): Promise<NewUserResponse> {
    const { name, key: nameKey } = userName(request.name);
    const { admin = false } = request;
    const user = { publicId: randomUUID(), name, nameKey, passwordHash: NO_PASSWORD, admin };
    return this.database.write(async tx => {
      const { id, publicId } = await this.users.create(tx, user, {
        actor: caller.publicId,
        origin,
      });
      const { code, expiresAt } = await this.codes.create(id, 'reset');
      return { public_id: publicId, name, admin, code, expires_at: rfc3339(expiresAt) };
    });
  }
}
