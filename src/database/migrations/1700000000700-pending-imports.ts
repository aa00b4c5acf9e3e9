import { CreateTables } from './run-ddl.js';

/** The imports whose records are stored, and not to be seen yet. */
export class PendingImports1700000000700 extends CreateTables {
  protected readonly ddl = `
    CREATE TABLE "pending_imports" (
      "owner_id" bigint PRIMARY KEY,
      "first_id" bigint NOT NULL,
      "last_id" bigint NOT NULL,
      "holder" text COLLATE "C" NOT NULL,
      "held_until" bigint NOT NULL,
      CONSTRAINT "pending_imports_owner_id" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
    );`;
}
