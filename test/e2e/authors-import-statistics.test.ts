import { expect, test } from 'vitest';
import type { Database } from '../../src/database/database.js';
import { databases, product, startApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';

const ROWS = 10_000;

test.runIf(databases().includes('postgres'))(
  'a large import leaves PostgreSQL with statistics of the table that it made',
  async () => {
    const running = await startApp('postgres');
    const { token } = await newAccount(running.url);
    const lines = Array.from({ length: ROWS }, (_, at) =>
      JSON.stringify({ name: `Author ${at}`, book: 'Book' }),
    );
    const { status } = await call(running.url, 'POST', '/authors/import', {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    expect(status).toBe(200);
    const database = running.app.get<Database>((await product.database()).Database);
    const rows = await database.get<{ n: number }>(
      "SELECT reltuples AS n FROM pg_class WHERE relname = 'authors'",
    );
    expect(Number(rows?.n)).toBe(ROWS);
    await running.close();
  },
);
