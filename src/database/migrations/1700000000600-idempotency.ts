import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runDdl } from './run-ddl.js';

const INDEXES = `
    CREATE INDEX "idempotency_keys_expires_at" ON "idempotency_keys" ("expires_at");`;

const DDL = {
  sqlite: `
    CREATE TABLE "idempotency_keys" (
      "user_id" INTEGER NOT NULL,
      "route" TEXT NOT NULL,
      "key" TEXT NOT NULL,
      "holder" TEXT NOT NULL,
      "held_until" INTEGER NOT NULL,
      "fingerprint" TEXT,
      "status" INTEGER,
      "headers" TEXT,
      "body" TEXT,
      "expires_at" INTEGER NOT NULL,
      CONSTRAINT "idempotency_keys_key_length" CHECK (length("key") BETWEEN 1 AND 255),
      CONSTRAINT "idempotency_keys_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
      PRIMARY KEY ("user_id", "route", "key")
    ) STRICT;${INDEXES}`,
  postgres: `
    CREATE TABLE "idempotency_keys" (
      "user_id" bigint NOT NULL,
      "route" text COLLATE "C" NOT NULL,
      "key" text COLLATE "C" NOT NULL,
      "holder" text COLLATE "C" NOT NULL,
      "held_until" bigint NOT NULL,
      "fingerprint" text COLLATE "C",
      "status" bigint,
      "headers" text COLLATE "C",
      "body" text COLLATE "C",
      "expires_at" bigint NOT NULL,
      CONSTRAINT "idempotency_keys_key_length" CHECK (length("key") BETWEEN 1 AND 255),
      CONSTRAINT "idempotency_keys_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
      PRIMARY KEY ("user_id", "route", "key")
    );${INDEXES}`,
} as const;

/** The answers to requests that came with an Idempotency-Key. */
export class Idempotency1700000000600 implements MigrationInterface {
  name = 'Idempotency1700000000600';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runDdl(queryRunner, DDL);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "idempotency_keys"');
  }
}
