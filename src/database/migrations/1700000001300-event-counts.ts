import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runDdl } from './run-ddl.js';

/** Lets equal events of strangers be one row with a count. */
export class EventCounts1700000001300 implements MigrationInterface {
  name = 'EventCounts1700000001300';

  up(queryRunner: QueryRunner): Promise<void> {
    return runDdl(
      queryRunner,
      `ALTER TABLE "events" ADD COLUMN "count" bigint NOT NULL DEFAULT 1;
       ALTER TABLE "events" ADD COLUMN "last_at" bigint;
       ALTER TABLE "events" ADD COLUMN "series" text COLLATE "C";
       CREATE UNIQUE INDEX "events_series" ON "events" ("series");`,
    );
  }

  down(queryRunner: QueryRunner): Promise<void> {
    return runDdl(
      queryRunner,
      `DROP INDEX "events_series";
       ALTER TABLE "events" DROP COLUMN "series";
       ALTER TABLE "events" DROP COLUMN "last_at";
       ALTER TABLE "events" DROP COLUMN "count";`,
    );
  }
}
