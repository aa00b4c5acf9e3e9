import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runDdl } from './run-ddl.js';

/** When a session last saw its user's password; indexes for the oldest session of a user, and for expired ones. */
export class ConfirmedSessions1700000000900 implements MigrationInterface {
  name = 'ConfirmedSessions1700000000900';

  async up(queryRunner: QueryRunner): Promise<void> {
    await runDdl(
      queryRunner,
      `ALTER TABLE "sessions" ADD COLUMN "confirmed_at" bigint NOT NULL DEFAULT 0;
       CREATE INDEX "sessions_user_created_at" ON "sessions" ("user_id", "created_at");
       CREATE INDEX "sessions_expires_at" ON "sessions" ("expires_at");
       DROP INDEX "sessions_user";
       DROP INDEX "sessions_ends_at"`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await runDdl(
      queryRunner,
      `CREATE INDEX "sessions_user" ON "sessions" ("user_id");
       CREATE INDEX "sessions_ends_at" ON "sessions" ("ends_at");
       DROP INDEX "sessions_user_created_at";
       DROP INDEX "sessions_expires_at";
       ALTER TABLE "sessions" DROP COLUMN "confirmed_at"`,
    );
  }
}
