import { Module } from '@nestjs/common';
import { KeyRing } from './key-ring.js';
import { KeyStore } from './key-store.js';
import { KeysRepository } from './keys.repository.js';

/** Keys in the database. Needs Database, CONFIG and SECRET_KEY from the app module. */
@Module({
  providers: [KeysRepository, KeyStore, KeyRing],
  exports: [KeyRing],
})
export class KeysModule {}
