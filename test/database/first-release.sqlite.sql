CREATE TABLE "migrations" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "timestamp" bigint NOT NULL, "name" varchar NOT NULL);

CREATE TABLE "users" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "public_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "name_key" TEXT NOT NULL,
  "password_hash" TEXT NOT NULL,
  "admin" INTEGER NOT NULL DEFAULT (0) CHECK ("admin" IN (0, 1)),
  "disabled" INTEGER NOT NULL DEFAULT (0) CHECK ("disabled" IN (0, 1)),
  "tokens_valid_from" INTEGER NOT NULL,
  "failed_logins" INTEGER NOT NULL DEFAULT (0),
  "created_at" INTEGER NOT NULL,
  "updated_at" INTEGER NOT NULL,
  CONSTRAINT "users_name_length" CHECK (length("name") BETWEEN 1 AND 50),
  CHECK (length("name_key") > 0)
) STRICT;

CREATE UNIQUE INDEX "users_public_id" ON "users" ("public_id");

CREATE UNIQUE INDEX "users_name_key" ON "users" ("name_key");

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
  WHERE "retired_at" IS NULL;

CREATE TABLE "sessions" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "user_id" INTEGER NOT NULL,
  "address" TEXT NOT NULL,
  "user_agent" TEXT,
  "created_at" INTEGER NOT NULL,
  "last_used_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "ends_at" INTEGER NOT NULL,
  "generation" INTEGER NOT NULL DEFAULT (0),
  "spent" TEXT NOT NULL DEFAULT ('[]'),
  CONSTRAINT "sessions_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
) STRICT;

CREATE TABLE "personal_tokens" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "user_id" INTEGER NOT NULL,
  "hash" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "scopes" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "last_used_at" INTEGER,
  "expires_at" INTEGER,
  CONSTRAINT "personal_tokens_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
) STRICT;

CREATE INDEX "sessions_user" ON "sessions" ("user_id");

CREATE INDEX "sessions_ends_at" ON "sessions" ("ends_at");

CREATE INDEX "personal_tokens_user" ON "personal_tokens" ("user_id");

CREATE UNIQUE INDEX "personal_tokens_hash" ON "personal_tokens" ("hash");

CREATE TABLE "auth_throttle" (
  "k" TEXT PRIMARY KEY NOT NULL,
  "tat" INTEGER NOT NULL,
  "failures" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  CONSTRAINT "auth_throttle_k_length" CHECK (length("k") BETWEEN 3 AND 128),
  CHECK ("failures" >= 0)
) STRICT;

CREATE TABLE "trusted_devices" (
  "hash" TEXT PRIMARY KEY NOT NULL,
  "user_id" INTEGER NOT NULL,
  "created_at" INTEGER NOT NULL,
  "last_used_at" INTEGER NOT NULL,
  "failures" INTEGER NOT NULL,
  CONSTRAINT "trusted_devices_hash_length" CHECK (length("hash") = 43),
  CONSTRAINT "trusted_devices_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
) STRICT;

CREATE TABLE "known_networks" (
  "user_id" INTEGER NOT NULL,
  "network" TEXT NOT NULL,
  "last_login_at" INTEGER NOT NULL,
  CONSTRAINT "known_networks_network_length" CHECK (length("network") BETWEEN 1 AND 64),
  CONSTRAINT "known_networks_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
  PRIMARY KEY ("user_id", "network")
) STRICT;

CREATE TABLE "one_time_codes" (
  "user_id" INTEGER NOT NULL,
  "purpose" TEXT NOT NULL,
  "locator" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "tries" INTEGER NOT NULL,
  "created_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  CONSTRAINT "one_time_codes_purpose" CHECK ("purpose" IN ('login', 'reset')),
  CONSTRAINT "one_time_codes_hash_length" CHECK (length("hash") = 43),
  CONSTRAINT "one_time_codes_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
  PRIMARY KEY ("user_id", "purpose")
) STRICT;

CREATE INDEX "auth_throttle_expires_at" ON "auth_throttle" ("expires_at");

CREATE INDEX "trusted_devices_user" ON "trusted_devices" ("user_id", "last_used_at");

CREATE INDEX "trusted_devices_last_used_at" ON "trusted_devices" ("last_used_at");

CREATE INDEX "known_networks_last_login_at" ON "known_networks" ("last_login_at");

CREATE INDEX "one_time_codes_expires_at" ON "one_time_codes" ("expires_at");

CREATE TABLE "events" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "at" INTEGER NOT NULL,
  "action" TEXT NOT NULL,
  "actor" TEXT,
  "subject" TEXT,
  "address" TEXT NOT NULL,
  "detail" TEXT NOT NULL
) STRICT;

CREATE INDEX "events_actor" ON "events" ("actor", "id");

CREATE INDEX "events_subject" ON "events" ("subject", "id");

CREATE INDEX "events_at" ON "events" ("at");

CREATE TABLE "authors" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "owner_id" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "book" TEXT NOT NULL,
  "country" TEXT NOT NULL,
  "booker_prize" INTEGER NOT NULL DEFAULT (0) CHECK ("booker_prize" IN (0, 1)),
  "version" INTEGER NOT NULL,
  "created_at" INTEGER NOT NULL,
  "updated_at" INTEGER NOT NULL,
  "name_key" TEXT NOT NULL,
  "book_key" TEXT NOT NULL,
  "words" TEXT NOT NULL,
  CONSTRAINT "authors_name_book" UNIQUE ("owner_id", "name_key", "book_key"),
  CONSTRAINT "authors_name_length" CHECK (length("name") BETWEEN 1 AND 50),
  CONSTRAINT "authors_book_length" CHECK (length("book") BETWEEN 1 AND 50),
  CONSTRAINT "authors_country_length" CHECK (length("country") BETWEEN 1 AND 50),
  CONSTRAINT "authors_owner_id" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
) STRICT;

CREATE INDEX "authors_by_id" ON "authors" ("owner_id", "id");

CREATE INDEX "authors_by_name" ON "authors" ("owner_id", "name", "id");

CREATE INDEX "authors_by_book" ON "authors" ("owner_id", "book", "id");

CREATE INDEX "authors_by_country" ON "authors" ("owner_id", "country", "id");

CREATE INDEX "authors_by_booker_prize" ON "authors" ("owner_id", "booker_prize", "id");

CREATE INDEX "authors_by_created_at" ON "authors" ("owner_id", "created_at", "id");

CREATE INDEX "authors_by_updated_at" ON "authors" ("owner_id", "updated_at", "id");

CREATE VIRTUAL TABLE "authors_search" USING fts5("words", content='authors', content_rowid='id', columnsize=0, detail=column, tokenize='ascii');

CREATE TRIGGER "authors_search_insert" AFTER INSERT ON "authors" BEGIN INSERT INTO "authors_search" ("rowid", "words") VALUES (new."id", new."words"); END;

CREATE TRIGGER "authors_search_delete" AFTER DELETE ON "authors" BEGIN INSERT INTO "authors_search" ("authors_search", "rowid", "words") VALUES ('delete', old."id", old."words"); END;

CREATE TRIGGER "authors_search_update" AFTER UPDATE OF "words" ON "authors" WHEN old."words" <> new."words" BEGIN INSERT INTO "authors_search" ("authors_search", "rowid", "words") VALUES ('delete', old."id", old."words"); INSERT INTO "authors_search" ("rowid", "words") VALUES (new."id", new."words"); END;

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
) STRICT;

CREATE INDEX "idempotency_keys_expires_at" ON "idempotency_keys" ("expires_at");

INSERT INTO "migrations" ("timestamp", "name") VALUES (1700000000100, 'Users1700000000100');

INSERT INTO "migrations" ("timestamp", "name") VALUES (1700000000200, 'SigningKeys1700000000200');

INSERT INTO "migrations" ("timestamp", "name") VALUES (1700000000250, 'Sessions1700000000250');

INSERT INTO "migrations" ("timestamp", "name") VALUES (1700000000300, 'Throttle1700000000300');

INSERT INTO "migrations" ("timestamp", "name") VALUES (1700000000400, 'Events1700000000400');

INSERT INTO "migrations" ("timestamp", "name") VALUES (1700000000500, 'Authors1700000000500');

INSERT INTO "migrations" ("timestamp", "name") VALUES (1700000000600, 'Idempotency1700000000600');
