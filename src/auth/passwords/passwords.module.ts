import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import type { Config } from '../../config/config.js';
import { CONFIG } from '../../config/config.module.js';
import { UsersModule } from '../../users/users.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ThrottleModule } from '../throttle/throttle.module.js';
import { CredentialsService } from './credentials.service.js';
import { HashPool } from './hash-pool.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';

/** Password rules, hashing and checking. */
@Module({
  imports: [UsersModule, AuditModule, KeysModule, ThrottleModule],
  providers: [
    {
      provide: HashPool,
      inject: [CONFIG],
      useFactory: ({ hashThreads }: Config) => new HashPool(hashThreads),
    },
    PasswordHasher,
    PasswordPolicy,
    CredentialsService,
  ],
  exports: [PasswordHasher, PasswordPolicy, CredentialsService],
})
export class PasswordsModule {}
