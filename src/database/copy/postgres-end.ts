import pg from 'pg';
import type { CopyEnd, Row } from './copy-end.js';
import { keyOf, names, pageStatement, quoted } from './copy-end.js';
import type { CopiedTable } from './copied-tables.js';

/** Settings of the one transaction, because a pooler may give the next statement another session. */
const SETTINGS =
  'SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; ' +
  'SET LOCAL lock_timeout = 10000';

/** A PostgreSQL database. By default `pg` gives int8 as its digits. */
export class PostgresEnd implements CopyEnd {
  /** The names of the tables that are written, quoted. */
  #written = '';

  private constructor(private readonly client: pg.Client) {}

  static async open(url: string): Promise<PostgresEnd> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'library-api copy',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
    // The running statement reports a lost connection; without a listener the event would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return new PostgresEnd(client);
  }

  tableNames(): Promise<string[]> {
    return this.list('SELECT tablename FROM pg_tables WHERE schemaname = current_schema()');
  }

  async list(sql: string): Promise<string[]> {
    const rows = await this.#all(sql);
    return rows.map(([value]) => String(value));
  }

  async beginReading(): Promise<void> {
    await this.client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${SETTINGS}`);
    await this.tableNames();
  }

  async beginWriting(tables: readonly CopiedTable[]): Promise<void> {
    this.#written = tables.map(({ name }) => quoted(name)).join(', ');
    await this.client.query(`BEGIN; ${SETTINGS}`);
    await this.client.query(`LOCK TABLE ${this.#written} IN SHARE ROW EXCLUSIVE MODE`);
  }

  rows(table: CopiedTable, after: Row | undefined, limit: number): Promise<Row[]> {
    const key = after === undefined ? [] : keyOf(table, after);
    return this.#all(pageStatement(table, after === undefined, limit), key);
  }

  async insert(table: CopiedTable, rows: readonly Row[]): Promise<void> {
    const arrays = table.columns.map(({ kind }, index) => `$${index + 1}::${kind}[]`).join(', ');
    const values = table.columns.map((_, index) => rows.map(row => row[index]));
    await this.client.query(
      `INSERT INTO ${quoted(table.name)} (${names(table.columns)}) SELECT * FROM unnest(${arrays})`,
      values,
    );
  }

  async lastCounted(table: CopiedTable): Promise<string> {
    const [[sequence]] = await this.#all('SELECT pg_get_serial_sequence($1, $2)', [
      quoted(table.name),
      table.counted!,
    ]);
    const [last] = await this.list(
      `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ${String(sequence)}`,
    );
    return last;
  }

  async setLastCounted(table: CopiedTable, value: string): Promise<void> {
    // A sequence starts at 1, so an unused one is set to 1 and marked as unused.
    await this.client.query(
      'SELECT setval(pg_get_serial_sequence($1, $2), greatest($3::bigint, 1), $3::bigint > 0)',
      [quoted(table.name), table.counted, value],
    );
  }

  async commit(): Promise<void> {
    await this.client.query('COMMIT');
    // Until autovacuum does this, PostgreSQL keeps its plans for empty tables.
    await this.client.query(`ANALYZE ${this.#written}`).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  async #all(sql: string, params: Row = []): Promise<Row[]> {
    const { rows } = await this.client.query({ text: sql, values: [...params], rowMode: 'array' });
    return rows as Row[];
  }
}
