import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KeyRing } from './key-ring.js';
import { KeyStore } from './key-store.js';
import { KeysRepository } from './keys.repository.js';
import { SigningKey } from './signing-key.entity.js';

/** Keys in the database. Needs Database, CONFIG and SECRET_KEY from the app module. */
@Module({
  imports: [TypeOrmModule.forFeature([SigningKey])],
  providers: [KeysRepository, KeyStore, KeyRing],
  exports: [KeyRing],
})
export class KeysModule {}
