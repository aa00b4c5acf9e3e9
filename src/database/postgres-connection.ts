import type { PoolClient } from 'pg';
import type { QueryResult as TypeOrmResult } from 'typeorm';
import type { Param } from './database.types.js';
import { control, forTypeOrm, unkept } from './postgres-statements.js';
import type { PostgresStatements } from './postgres-statements.js';
import type { Connection } from './unit-of-work.js';

/** A pooled client that a unit of work has reserved. */
export class PostgresConnection implements Connection {
  readonly dialect = 'postgres';

  constructor(
    private readonly client: PoolClient,
    private readonly statements: PostgresStatements,
  ) {}

  async all<T>(sql: string, params: readonly Param[]): Promise<T[]> {
    const result = await this.client.query(this.statements.query(sql, params));
    return result.rows as T[];
  }

  async run(sql: string, params: readonly Param[]): Promise<number> {
    const result = await this.client.query(this.statements.query(sql, params));
    return result.rowCount ?? 0;
  }

  control(sql: string): Promise<unknown> {
    return this.client.query(control(sql));
  }

  async query(sql: string, params: readonly Param[]): Promise<TypeOrmResult> {
    return forTypeOrm(await this.client.query(unkept(sql, params)));
  }
}
