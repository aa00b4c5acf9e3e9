import { CreateTables } from './run-ddl.js';

/** The sessions, and the personal access tokens. */
export class Sessions1700000000250 extends CreateTables {
  protected readonly ddl = `
    CREATE TABLE "sessions" (
      "id" text COLLATE "C" PRIMARY KEY,
      "user_id" bigint NOT NULL,
      "address" text COLLATE "C" NOT NULL,
      "user_agent" text COLLATE "C",
      "created_at" bigint NOT NULL,
      "last_used_at" bigint NOT NULL,
      "expires_at" bigint NOT NULL,
      "ends_at" bigint NOT NULL,
      "generation" bigint NOT NULL DEFAULT 0,
      "spent" text COLLATE "C" NOT NULL DEFAULT '[]',
      CONSTRAINT "sessions_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
    );
    CREATE TABLE "personal_tokens" (
      "id" text COLLATE "C" PRIMARY KEY,
      "user_id" bigint NOT NULL,
      "hash" text COLLATE "C" NOT NULL,
      "name" text COLLATE "C" NOT NULL,
      "scopes" text COLLATE "C" NOT NULL,
      "created_at" bigint NOT NULL,
      "last_used_at" bigint,
      "expires_at" bigint,
      CONSTRAINT "personal_tokens_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
    );
    CREATE INDEX "sessions_user" ON "sessions" ("user_id");
    CREATE INDEX "sessions_ends_at" ON "sessions" ("ends_at");
    CREATE INDEX "personal_tokens_user" ON "personal_tokens" ("user_id");
    CREATE UNIQUE INDEX "personal_tokens_hash" ON "personal_tokens" ("hash");`;
}
