import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { Dialect } from '../../src/database/database.types.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { Driver } from '../../src/database/sqlite-driver.js';

/** A row in each table but `authors`, as the first release wrote them. */
const ROWS = [
  `INSERT INTO users (public_id, name, name_key, password_hash, admin, tokens_valid_from, created_at, updated_at)
    VALUES ('ada-id', 'Ada', 'ada', 'hash', true, 0, 5, 6)`,
  `INSERT INTO signing_keys VALUES ('kid', 'signing', 'HS256', 'sealed', 1, 2, 3)`,
  `INSERT INTO sessions (id, user_id, address, created_at, last_used_at, expires_at, ends_at)
    VALUES ('session', 1, '127.0.0.1', 1, 2, 9000000000000, 9000000000000)`,
  `INSERT INTO personal_tokens VALUES ('token', 1, 'hash', 'backup', 'authors:read', 1, NULL, NULL)`,
  `INSERT INTO auth_throttle VALUES ('login:ada', 1, 2, 9000000000000)`,
  `INSERT INTO trusted_devices VALUES ('0123456789012345678901234567890123456789012', 1, 1, 2, 0)`,
  `INSERT INTO known_networks VALUES (1, '127.0.0.0/24', 1)`,
  `INSERT INTO one_time_codes VALUES (1, 'reset', 'locator', '0123456789012345678901234567890123456789012', 0, 1, 9000000000000)`,
  `INSERT INTO events (at, action, actor, subject, address, detail) VALUES (1, 'login.succeeded', 'ada-id', 'ada-id', '127.0.0.1', '{}')`,
  `INSERT INTO idempotency_keys VALUES (1, 'POST /author', 'key', 'holder', 1, 'print', 201, '{}', '{}', 9000000000000)`,
];

const AUTHORS = `INSERT INTO authors
    (owner_id, name, book, country, booker_prize, version, created_at, updated_at, name_key, book_key, words)
  SELECT 1, 'Émile ' || n, 'Book', 'Éire', false, 3, 1, 2, 'émile ' || n, 'book', '0000001old x' || n FROM numbers`;

const NUMBERS: Record<Dialect, (count: number) => string> = {
  sqlite: count =>
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`,
  postgres: count => `WITH numbers (n) AS (SELECT generate_series(1, ${count}))`,
};

/** Makes the schema of the first release, with this many authors and a row in each other table. */
export async function makeFirstRelease(
  dialect: Dialect,
  { directUrl }: FreshDatabase,
  authors: number,
): Promise<void> {
  const schema = readFileSync(new URL(`first-release.${dialect}.sql`, import.meta.url), 'utf8');
  const rows = [...ROWS, authorRows(dialect, authors)];
  if (dialect === 'sqlite') {
    const db = new Driver(directUrl.slice('sqlite:'.length));
    db.pragma('journal_mode = WAL');
    [schema, ...rows].forEach(sql => db.exec(sql));
    db.close();
    return;
  }
  const client = new pg.Client({ connectionString: directUrl });
  await client.connect();
  for (const sql of [schema, ...rows]) {
    await client.query(sql);
  }
  await client.end();
}

function authorRows(dialect: Dialect, count: number): string {
  const numbers = NUMBERS[dialect](count);
  // SQLite's WITH stands before the INSERT, too.
  return dialect === 'sqlite'
    ? `${numbers} ${AUTHORS}`
    : AUTHORS.replace('SELECT', `${numbers} SELECT`);
}
