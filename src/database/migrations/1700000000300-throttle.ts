import { CreateTables } from './run-ddl.js';

/** What guessing is slowed with: buckets, trusted devices, known networks, one-time codes. */
export class Throttle1700000000300 extends CreateTables {
  protected readonly ddl = `
    CREATE TABLE "auth_throttle" (
      "k" text COLLATE "C" NOT NULL,
      "tat" bigint NOT NULL,
      "failures" bigint NOT NULL,
      "expires_at" bigint NOT NULL,
      CONSTRAINT "auth_throttle_k_length" CHECK (length("k") BETWEEN 3 AND 128),
      PRIMARY KEY ("k")
    );
    CREATE TABLE "trusted_devices" (
      "hash" text COLLATE "C" PRIMARY KEY,
      "user_id" bigint NOT NULL,
      "created_at" bigint NOT NULL,
      "last_used_at" bigint NOT NULL,
      "failures" bigint NOT NULL,
      CONSTRAINT "trusted_devices_hash_length" CHECK (length("hash") = 43),
      CONSTRAINT "trusted_devices_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
    );
    CREATE TABLE "known_networks" (
      "user_id" bigint NOT NULL,
      "network" text COLLATE "C" NOT NULL,
      "last_login_at" bigint NOT NULL,
      CONSTRAINT "known_networks_network_length" CHECK (length("network") BETWEEN 1 AND 64),
      CONSTRAINT "known_networks_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
      PRIMARY KEY ("user_id", "network")
    );
    CREATE TABLE "one_time_codes" (
      "user_id" bigint NOT NULL,
      "purpose" text COLLATE "C" NOT NULL,
      "locator" text COLLATE "C" NOT NULL,
      "hash" text COLLATE "C" NOT NULL,
      "tries" bigint NOT NULL,
      "created_at" bigint NOT NULL,
      "expires_at" bigint NOT NULL,
      CONSTRAINT "one_time_codes_purpose" CHECK ("purpose" IN ('login', 'reset')),
      CONSTRAINT "one_time_codes_hash_length" CHECK (length("hash") = 43),
      CONSTRAINT "one_time_codes_user_id" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
      PRIMARY KEY ("user_id", "purpose")
    );
    CREATE INDEX "auth_throttle_expires_at" ON "auth_throttle" ("expires_at");
    CREATE INDEX "trusted_devices_user" ON "trusted_devices" ("user_id", "last_used_at");
    CREATE INDEX "trusted_devices_last_used_at" ON "trusted_devices" ("last_used_at");
    CREATE INDEX "known_networks_last_login_at" ON "known_networks" ("last_login_at");
    CREATE INDEX "one_time_codes_expires_at" ON "one_time_codes" ("expires_at");`;
}
