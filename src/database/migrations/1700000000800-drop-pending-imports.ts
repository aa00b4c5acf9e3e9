import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PendingImports1700000000700 } from './1700000000700-pending-imports.js';

/** Imports are one transaction again: deletes what unfinished hidden imports left, and their table. */
export class DropPendingImports1700000000800 implements MigrationInterface {
  name = 'DropPendingImports1700000000800';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `DELETE FROM "authors" WHERE EXISTS (SELECT 1 FROM "pending_imports" AS p
         WHERE p."owner_id" = "authors"."owner_id" AND "authors"."id" BETWEEN p."first_id" AND p."last_id")`,
    );
    await queryRunner.query('DROP TABLE "pending_imports"');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new PendingImports1700000000700().up(queryRunner);
  }
}
