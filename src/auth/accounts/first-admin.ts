import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { ConfigError } from '../../config/config-error.js';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { readTextFile } from '../../config/text-file.js';
import { Database } from '../../database/database.js';
import { Problem } from '../../problems/problem.js';
import { UsersRepository } from '../../users/users.repository.js';
import { UsersService } from '../../users/users.service.js';
import { RegistrationService } from './registration.service.js';

/** Makes the processes that add a first admin on PostgreSQL wait for each other; SQLite has one writer anyway. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtext('library-api first admin'))`;

/** Creates the admin of `ADMIN_NAME` and `ADMIN_PASSWORD_FILE` at the start, while there is no admin. */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap {
  constructor(
    private readonly rows: UsersRepository,
    private readonly users: UsersService,
    private readonly registration: RegistrationService,
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Throws ConfigError, one line, if that name or password is refused. */
  async onApplicationBootstrap(): Promise<void> {
    const { adminName: name, adminPasswordFile: file } = this.config;
    if (name === undefined || file === undefined || (await this.rows.hasActiveAdmin())) {
      return;
    }
    const password = readTextFile(file).replace(/\r?\n$/, '');
    try {
      await this.#add(name, password);
    } catch (error) {
      if (error instanceof Problem) {
        throw new ConfigError('ADMIN_NAME', `cannot make the first admin: ${error.detail}`);
      }
      throw error;
    }
  }

  async #add(name: string, password: string): Promise<void> {
    const user = await this.registration.hash({ name, password, admin: true }, 'trusted');
    await this.database.write(async tx => {
      if (tx.dialect === 'postgres') {
        await tx.get(LOCK);
      }
      if (!(await this.rows.hasActiveAdmin())) {
        const by = { actor: 'system', origin: { address: 'config' } };
        await this.users.create(tx, user, by);
      }
    });
  }
}
