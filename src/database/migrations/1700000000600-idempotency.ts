import { CreateTables } from './run-ddl.js';

/** The answers to requests that came with an Idempotency-Key. */
export class Idempotency1700000000600 extends CreateTables {
  protected readonly ddl = `
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
    );
    CREATE INDEX "idempotency_keys_expires_at" ON "idempotency_keys" ("expires_at");`;
}
