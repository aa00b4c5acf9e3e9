import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JwksController } from './jwks.controller.js';
import { KeyRing } from './key-ring.js';
import { KeyStore } from './key-store.js';
import { KeysRepository } from './keys.repository.js';
import { SigningKey } from './signing-key.entity.js';

/** Keys that are kept in the database. */
@Module({
  imports: [TypeOrmModule.forFeature([SigningKey])],
  controllers: [JwksController],
  providers: [KeysRepository, KeyStore, KeyRing],
  exports: [KeyRing],
})
export class KeysModule {}
