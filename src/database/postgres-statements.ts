import type { QueryConfig, QueryResult } from 'pg';
import type { QueryResult as TypeOrmResult } from 'typeorm';
import type { Param } from './database.types.js';
import type { PostgresSessions } from './postgres-sessions.js';

/** Further statements are not prepared, because each costs memory on every connection. */
const PREPARED_STATEMENTS = 500;

/** A query fails after this time even if the server hangs. */
const ANSWER_TIMEOUT = { query_timeout: 5_000 };

/**
 * Names the statements of a pool, so that each connection prepares them once. Behind a pooler they have no names,
 * because the next session does not know them.
 */
export class PostgresStatements {
  readonly #names = new Map<string, string>();
  #last = 0;

  constructor(private readonly sessions: PostgresSessions) {}

  query(text: string, params: readonly Param[]): QueryConfig {
    return { ...ANSWER_TIMEOUT, name: this.#name(text), text, values: [...params] };
  }

  /** Makes connections prepare every statement again, because the tables have changed. */
  forget(): void {
    this.#names.clear();
  }

  #name(text: string): string | undefined {
    if (this.sessions.isPooled) {
      return undefined;
    }
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= PREPARED_STATEMENTS) {
      return known;
    }
    this.#last += 1;
    const name = `s${this.#last}`;
    this.#names.set(text, name);
    return name;
  }
}

/** For TypeORM, not prepared. The extended protocol makes the server refuse a second statement. */
export function unkept(text: string, params: readonly Param[]): QueryConfig {
  return Object.assign(control(text), { values: [...params], queryMode: 'extended' });
}

/** As TypeORM's own driver gives it: the changed rows' number goes with UPDATE and DELETE. */
export function forTypeOrm({ rows, rowCount, command }: QueryResult): TypeOrmResult {
  const raw = command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows;
  return { raw, records: rows, affected: rowCount ?? undefined };
}

/** BEGIN, COMMIT, SAVEPOINT and the like, not prepared. */
export function control(text: string): QueryConfig {
  return { ...ANSWER_TIMEOUT, text };
}
