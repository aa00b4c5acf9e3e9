import type { QueryConfig } from 'pg';
import type { Param } from './database.types.js';

/** Statements beyond these are not prepared: each costs memory on every connection of the server. */
const PREPARED_STATEMENTS = 500;

/** Whoever asks is answered within this time, even when the server hangs and breaks off nothing itself. */
const ANSWER_TIMEOUT = { query_timeout: 5_000 };

/** The statements of a pool, each prepared under a name the first time that a connection runs it. */
export class PostgresStatements {
  #names = new Map<string, string>();
  #last = 0;

  query(text: string, params: readonly Param[]): QueryConfig {
    return { ...ANSWER_TIMEOUT, name: this.#name(text), text, values: [...params] };
  }

  /** Has all of them prepared anew, because the tables have changed. */
  forget(): void {
    this.#names.clear();
  }

  #name(text: string): string | undefined {
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

/** A statement of TypeORM's, not kept. In the extended protocol the server takes one statement only. */
export function unkept(text: string, params: readonly Param[]): QueryConfig {
  return Object.assign(control(text), { values: [...params], queryMode: 'extended' });
}

/** BEGIN, COMMIT, SAVEPOINT and the like: not prepared. */
export function control(text: string): QueryConfig {
  return { ...ANSWER_TIMEOUT, text };
}
