import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runDdl } from './run-ddl.js';

const DDL = {
  sqlite: `
    CREATE TABLE "pending_imports" (
      "owner_id" INTEGER PRIMARY KEY NOT NULL,
      "first_id" INTEGER NOT NULL,
      "last_id" INTEGER NOT NULL,
      "holder" TEXT NOT NULL,
      "held_until" INTEGER NOT NULL,
      CONSTRAINT "pending_imports_owner_id" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
    ) STRICT;`,
  postgres: `
    CREATE TABLE "pending_imports" (
      "owner_id" bigint PRIMARY KEY,
      "first_id" bigint NOT NULL,
      "last_id" bigint NOT NULL,
      "holder" text COLLATE "C" NOT NULL,
      "held_until" bigint NOT NULL,
      CONSTRAINT "pending_imports_owner_id" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
    );`,
} as const;

/** The imports whose records are stored, and not to be seen yet. */
export class PendingImports1700000000700 implements MigrationInterface {
  name = 'PendingImports1700000000700';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runDdl(queryRunner, DDL);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "pending_imports"');
  }
}
