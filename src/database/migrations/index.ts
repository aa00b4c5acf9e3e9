import type { MigrationInterface } from 'typeorm';
import { SigningKeys1700000000200 } from './1700000000200-signing-keys.js';

/** Every migration, oldest first; never edit one that was released. */
export const migrations: (new () => MigrationInterface)[] = [SigningKeys1700000000200];
