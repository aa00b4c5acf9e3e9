import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../../config/config-error.js';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Problem } from '../../problems/problem.js';
import { UsersRepository } from '../../users/users.repository.js';
import { RegistrationService } from './registration.service.js';

/** For containers: makes the admin that `ADMIN_NAME` and `ADMIN_PASSWORD_FILE` describe, while there is none. */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap {
  constructor(
    private readonly users: UsersRepository,
    private readonly registration: RegistrationService,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Throws ConfigError, one line, where that name or password cannot be taken. */
  async onApplicationBootstrap(): Promise<void> {
    const { adminName: name, adminPasswordFile: file } = this.config;
    if (name === undefined || file === undefined || (await this.users.hasActiveAdmin())) {
      return;
    }
    const password = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    try {
      await this.registration.add({ name, password, admin: true }, 'system', { address: 'config' });
    } catch (error) {
      if (!(error instanceof Problem)) {
        throw error;
      }
      // Another replica may have made the same admin a moment ago.
      if (!(await this.users.hasActiveAdmin())) {
        throw new ConfigError('ADMIN_NAME', `cannot make the first admin: ${error.detail}`);
      }
    }
  }
}
