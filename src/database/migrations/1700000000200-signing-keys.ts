import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runDdl } from './run-ddl.js';

const DDL = {
  sqlite: `
    CREATE TABLE "signing_keys" (
      "kid" TEXT NOT NULL,
      "purpose" TEXT NOT NULL,
      "algorithm" TEXT,
      "sealed" TEXT NOT NULL,
      "created_at" INTEGER NOT NULL,
      "retired_at" INTEGER,
      "verify_until" INTEGER,
      CONSTRAINT "signing_keys_kid_length" CHECK (length("kid") BETWEEN 1 AND 64),
      CONSTRAINT "signing_keys_purpose_length" CHECK (length("purpose") BETWEEN 1 AND 16),
      CONSTRAINT "signing_keys_algorithm_length" CHECK (length("algorithm") BETWEEN 1 AND 16),
      CONSTRAINT "signing_keys_sealed_length" CHECK (length("sealed") BETWEEN 1 AND 1024),
      PRIMARY KEY ("kid")
    ) STRICT;
    CREATE UNIQUE INDEX "signing_keys_current" ON "signing_keys" ("purpose")
      WHERE "retired_at" IS NULL;`,
  postgres: `
    CREATE TABLE "signing_keys" (
      "kid" text COLLATE "C" NOT NULL,
      "purpose" text COLLATE "C" NOT NULL,
      "algorithm" text COLLATE "C",
      "sealed" text COLLATE "C" NOT NULL,
      "created_at" bigint NOT NULL,
      "retired_at" bigint,
      "verify_until" bigint,
      CONSTRAINT "signing_keys_kid_length" CHECK (length("kid") BETWEEN 1 AND 64),
      CONSTRAINT "signing_keys_purpose_length" CHECK (length("purpose") BETWEEN 1 AND 16),
      CONSTRAINT "signing_keys_algorithm_length" CHECK (length("algorithm") BETWEEN 1 AND 16),
      CONSTRAINT "signing_keys_sealed_length" CHECK (length("sealed") BETWEEN 1 AND 1024),
      PRIMARY KEY ("kid")
    );
    CREATE UNIQUE INDEX "signing_keys_current" ON "signing_keys" ("purpose")
      WHERE "retired_at" IS NULL;`,
} as const;

/** The sealed keys; one of each purpose is current, also when processes make the first at the same moment. */
export class SigningKeys1700000000200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runDdl(queryRunner, DDL);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "signing_keys"');
  }
}
