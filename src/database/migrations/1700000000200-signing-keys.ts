import { CreateTables } from './run-ddl.js';

/** The sealed keys; one of each purpose is current, also when processes make the first at the same moment. */
export class SigningKeys1700000000200 extends CreateTables {
  protected readonly ddl = `
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
      WHERE "retired_at" IS NULL;`;
}
