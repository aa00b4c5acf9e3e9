import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copiedTables } from '../../src/database/copy/copied-tables.js';
import { copyDatabase } from '../../src/database/copy/copy-database.js';
import { Database } from '../../src/database/database.js';
import type { Schema } from '../../src/database/data-source.js';
import { isPostgres, runDdl } from '../../src/database/migrations/run-ddl.js';
import { ADMIN, withFirstAdmin } from '../support/admin.js';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { PASSWORD, basic, call, login, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { freshDatabase } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { Ledger1600000000000, LedgerEntry, ledgerSchema } from '../support/ledger.js';
import { runBuilt } from '../support/process.js';
import type { Finished } from '../support/process.js';

const DIRECTIONS = databases().flatMap(from => databases().map(to => ({ from, to })));

const copy = (from: string, to: string, ...more: string[]): Promise<Finished> =>
  runBuilt('cli.js', ['copy', '--from', from, '--to', to, ...more], { cwd: '/' });

/** Texts that databases, drivers and parsers have stumbled over. */
const ODD = [
  'Zo\u00eb',
  'Zoe\u0308',
  'a"b\'c\\d',
  '{x,NULL,"y"}',
  'NULL',
  '%_*',
  '\u05e9\u05dc\u05d5\u05dd',
  '\u{1f469}\u{1f3fd}',
  'tab\tand\nline',
];

async function queried<T>(url: string, sql: string, schema?: Schema): Promise<T[]> {
  const database = await Database.open({ url }, undefined, schema);
  try {
    return await database.all<T>(sql);
  } finally {
    await database.close();
  }
}

describe.each(DIRECTIONS)('a copy from $from to $to', ({ from, to }) => {
  let source: RunningApp;
  let target: FreshDatabase;
  let copied: RunningApp;
  let finished: Finished;
  let ada: Account;
  let personal: string;
  let code: string;
  let lastId: number;
  let before: Answer;

  const authors = (url: string, token: string): Promise<Answer> =>
    call(url, 'GET', '/authors/export?format=csv', { token });
  const create = (url: string): Promise<Answer> =>
    call(url, 'POST', '/author', {
      token: ada.token,
      headers: { 'idempotency-key': 'one' },
      json: { name: 'Once', book: 'Only', country: 'Here' },
    });

  beforeAll(async () => {
    source = await startApp(from, { env: withFirstAdmin() });
    target = await freshDatabase(to);
    await fill();
    await source.stop();
    finished = await copy(source.databaseUrl, target.url, '--json');
    expect(Object.keys(JSON.parse(finished.stderr))).toEqual(['from', 'to']);
    copied = await startApp(to, { on: { databaseUrl: target.url, dataDir: source.dataDir } });
  });
  afterAll(async () => {
    await copied?.close();
    await source.close();
    await target.remove();
  });

  async function fill(): Promise<void> {
    const { url } = source;
    ada = await newAccount(url, 'Zo\u00eb \u{1f469}', 'Ünïcode: "and\' \\ %');
    const lines = Array.from({ length: 2_500 }, (_, index) => ({
      name: ODD[index % ODD.length].replace(/[\t\n]/g, ' '),
      book: `Book ${index}`,
      country: 'Éire',
      booker_prize: index % 3 === 0,
    }));
    const imported = await call(url, 'POST', '/authors/import', {
      token: ada.token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map(line => JSON.stringify(line)).join('\n'),
    });
    expect([imported.status, imported.body.created]).toEqual([200, 2_500]);
    const once = await create(url);
    expect(once.status).toBe(201);
    const last = await call(url, 'POST', '/author', {
      token: ada.token,
      json: { name: 'The last', book: 'Gone', country: 'Nowhere' },
    });
    lastId = last.body.id;
    await call(url, 'DELETE', `/authors/${lastId}`, { token: ada.token });
    const made = await call(url, 'POST', '/tokens', {
      token: ada.token,
      json: { name: 'script', scopes: ['authors:read'] },
    });
    personal = made.body.token;
    const admin = (await login(url, ADMIN, PASSWORD)).body.token;
    const reset = await call(url, 'POST', `/users/${ada.publicId}/reset`, { token: admin });
    code = reset.body.code;
    await login(url, 'nobody', 'wrong password');
    before = await authors(url, ada.token);
  }

  test('should say what was copied, with rows in every table', () => {
    expect(finished.code).toBe(0);
    const { rows, tables } = JSON.parse(finished.stdout);
    expect(rows).toBe(tables.reduce((sum: number, table: any) => sum + table.rows, 0));
    for (const table of tables) {
      expect(table).toEqual({
        table: expect.any(String),
        rows: expect.any(Number),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect([table.table, table.rows > 0]).toEqual([table.table, true]);
    }
  });

  test('should keep every record as it was', async () => {
    const after = await authors(copied.url, ada.token);
    expect(after.status).toBe(200);
    expect(after.text).toBe(before.text);
    expect(after.text.trim().split('\n')).toHaveLength(2_502);
  });

  test('should fill the search index', async () => {
    const found = await call(copied.url, 'GET', '/authors?q=zoe+1007&limit=500', {
      token: ada.token,
    });
    const expected = await call(copied.url, 'GET', '/authors?book=Book+1007', { token: ada.token });
    const { name } = expected.body.list_of_authors[0];
    expect(found.body.list_of_authors).toHaveLength(name.startsWith('Zo') ? 1 : 0);
    const eire = await call(copied.url, 'GET', '/authors?q=eire+2499', { token: ada.token });
    expect(eire.body.list_of_authors.map((row: any) => row.book)).toEqual(['Book 2499']);
  });

  test.runIf(to === 'postgres')(
    'should leave statistics of the tables that it filled',
    async () => {
      const sql = "SELECT reltuples AS n FROM pg_class WHERE oid = 'authors'::regclass";
      expect(await queried(target.url, sql)).toEqual([{ n: 2_501 }]);
    },
  );

  test('should take the same tokens and passwords', async () => {
    const read = await call(copied.url, 'GET', '/users/me', { token: personal });
    expect([read.status, read.body.name]).toEqual([200, ada.name]);
    const device = await login(copied.url, ada.name, ada.password, {
      'x-device-token': ada.deviceToken,
    });
    expect(device.status).toBe(200);
    const refreshed = await call(copied.url, 'POST', '/token/refresh', {
      json: { refresh_token: ada.refreshToken },
    });
    expect(refreshed.status).toBe(200);
    const wrong = await call(copied.url, 'GET', '/login', {
      headers: { authorization: basic(ada.name, `${ada.password}!`) },
    });
    expect(wrong.status).toBe(401);
  });

  test('should give the kept answer again, and count ids on from the highest ever given', async () => {
    const again = await create(copied.url);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const next = await call(copied.url, 'POST', '/author', {
      token: ada.token,
      json: { name: 'Next', book: 'Next', country: 'There' },
    });
    expect(next.body.id).toBeGreaterThan(lastId);
  });

  test('should honour a code that was handed over before', async () => {
    const reset = await call(copied.url, 'POST', '/password-reset', {
      json: { name: ada.name, code, new_password: 'a brand new password' },
    });
    expect(reset.status).toBe(204);
    expect((await login(copied.url, ada.name, 'a brand new password')).status).toBe(200);
    expect((await authors(copied.url, ada.token)).status).toBe(401);
  });

  test('should refuse a target that holds anything, and say what', async () => {
    const again = await copy(source.databaseUrl, target.url);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/^library-api: the target is not empty \(\w+: \d+\): [^\n]*\n$/);
  });
});

describe.each(databases())('what a copy on %s refuses', kind => {
  let source: FreshDatabase;
  let target: FreshDatabase;

  beforeAll(async () => {
    [source, target] = [await freshDatabase(kind), await freshDatabase(kind)];
  });
  afterAll(async () => {
    await source.remove();
    await target.remove();
  });

  test('should be a target with the keys of a first start, a source that is another program’s', async () => {
    await expect(copyDatabase(source.url, target.url)).rejects.toThrow(/does not exist|up to date/);
    const started = await startApp(kind);
    await started.stop();
    await queried(source.url, 'SELECT 1');
    const refused = await copy(source.url, started.databaseUrl);
    expect(refused.stderr).toMatch(/the target is not empty \(signing_keys: 3\): .*first start/);
    const itself = await copy(started.databaseUrl, started.databaseUrl);
    expect(itself.stderr).toMatch(/the target is not empty/);
    await started.close();
    const other = await freshDatabase(kind);
    await queried(other.url, 'SELECT 1', ledgerSchema);
    await expect(copyDatabase(other.url, target.url)).rejects.toThrow('newer than this program');
    await other.remove();
  });
});

test.each([
  ['a source that is missing', 'sqlite:/nowhere/library.db', 'sqlite:x', /does not exist/],
  ['a URL of another kind', 'mysql://localhost/x', 'sqlite:x', /sqlite:PATH or postgres:/],
  ['a database in memory', 'sqlite::memory:', 'sqlite:x', /in memory/],
  ['a server that is away', 'postgres://u:hidden@127.0.0.1:1/x', 'sqlite:x', /refused/],
])('should name %s in one line', async (_, from, to, line) => {
  const { code, stdout, stderr } = await copy(from, to);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(line);
  expect(stderr).toMatch(/^library-api: [^\n]+\n$/);
  expect(stderr).not.toContain('hidden');
});

describe.each(DIRECTIONS)('any table from $from to $to', ({ from, to }) => {
  let source: FreshDatabase;
  let target: FreshDatabase;

  beforeAll(async () => {
    [source, target] = [await freshDatabase(from), await freshDatabase(to)];
    const database = await Database.open(source, undefined, ledgerSchema);
    const insert = 'INSERT INTO ledger (id, account, note, checked) VALUES ($1, $2, $3, $4)';
    await database.write(async tx => {
      for (const [index, note] of ODD.entries()) {
        await tx.run(insert, [index + 1, 2 ** 53 - 1, note, tx.dialect === 'sqlite' ? 1 : true]);
      }
      // Beyond what a JavaScript number holds.
      await tx.run(
        `INSERT INTO ledger (id, account, note) VALUES (9007199254740993, -9223372036854775808, '')`,
      );
    });
    await database.close();
  });
  afterAll(async () => {
    await source.remove();
    await target.remove();
  });

  const digits = 'SELECT CAST(id AS text) AS id, CAST(account AS text) AS account, note, checked';

  test('should come over because it has an entity, every digit and character of it', async () => {
    const steps: number[] = [];
    await copyDatabase(source.url, target.url, {
      schema: ledgerSchema,
      progress: (done, total) => steps.push(done / total),
    });
    expect(steps).toEqual([0.5, 1]);
    const sql = `${digits} FROM ledger ORDER BY note`;
    const [was, is] = [
      await queried<any>(source.url, sql, ledgerSchema),
      await queried<any>(target.url, sql, ledgerSchema),
    ];
    const plain = (rows: any[]) => rows.map(row => ({ ...row, checked: Boolean(row.checked) }));
    expect(plain(is)).toEqual(plain(was));
    expect(is[0]).toMatchObject({ id: '9007199254740993', account: '-9223372036854775808' });
  });

  test('should leave the target empty where it would come out different', async () => {
    const schema: Schema = {
      entities: [LedgerEntry],
      migrations: [Ledger1600000000000, Spoil1600000000001],
    };
    const [spoilt, other] = [await freshDatabase(from), await freshDatabase(to)];
    await queried(spoilt.url, 'SELECT 1', schema);
    const database = await Database.open(spoilt, undefined, schema);
    await database.run(`INSERT INTO ledger (account, note) VALUES (1, 'a')`);
    await database.close();
    await expect(copyDatabase(spoilt.url, other.url, { schema })).rejects.toThrow(
      /^nothing was copied: ledger differs \(1 rows of 1, checksum \w{12} instead of \w{12}\)$/,
    );
    expect(await queried(other.url, 'SELECT id FROM ledger', schema)).toEqual([]);
    await spoilt.remove();
    await other.remove();
  });
});

/** Changes every row that is stored, as a fault on the way would. */
class Spoil1600000000001 {
  up(queryRunner: Parameters<typeof runDdl>[0]): Promise<void> {
    const sql = {
      sqlite: `CREATE TRIGGER spoil AFTER INSERT ON ledger BEGIN UPDATE ledger SET note = note || '!'; END`,
      postgres: `
        CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.note := new.note || ''!''; RETURN new; END';
        CREATE TRIGGER spoil BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION spoil()`,
    };
    return runDdl(queryRunner, sql[isPostgres(queryRunner) ? 'postgres' : 'sqlite']);
  }

  async down(): Promise<void> {}
}

test.each(databases())('no table of %s is left out', async kind => {
  const fresh = await freshDatabase(kind);
  const catalog =
    kind === 'sqlite'
      ? `SELECT name FROM sqlite_master WHERE type = 'table'`
      : 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()';
  const rows = await queried<{ name: string }>(fresh.url, catalog);
  await fresh.remove();
  // What migrations and triggers fill by themselves.
  const own = /^(migrations|sqlite_.*|authors_search(_.*)?)$/;
  const there = rows.map(({ name }) => name).filter(name => !own.test(name));
  const tables = await copiedTables();
  expect(there.toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
});
