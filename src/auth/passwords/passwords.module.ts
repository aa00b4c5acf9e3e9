import { Module } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { CONFIG } from '../../config/config.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { HashPool } from './hash-pool.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';

/** Rules for passwords, and their hashes. */
@Module({
  imports: [KeysModule],
  providers: [
    {
      provide: HashPool,
      inject: [CONFIG],
      useFactory: ({ hashThreads }: Config) => new HashPool(hashThreads),
    },
    PasswordHasher,
    PasswordPolicy,
  ],
  exports: [PasswordHasher, PasswordPolicy],
})
export class PasswordsModule {}
