import type { MigrationInterface } from 'typeorm';
import { Users1700000000100 } from './1700000000100-users.js';
import { Authors1700000000500 } from './1700000000500-authors.js';
import { SigningKeys1700000000200 } from './1700000000200-signing-keys.js';

/** Every migration, oldest first; never edit one that was released. */
export const migrations: (new () => MigrationInterface)[] = [
  Users1700000000100,
  SigningKeys1700000000200,
  Authors1700000000500,
];
