import type { MigrationInterface } from 'typeorm';

/** Every migration, oldest first; never edit one that was released. */
export const migrations: (new () => MigrationInterface)[] = [];
