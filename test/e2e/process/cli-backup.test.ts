import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { freshDatabase } from '../../support/fresh-database.js';
import { runBuilt } from '../../support/process.js';
import type { Finished } from '../../support/process.js';
import { Driver } from '../../../src/database/sqlite-driver.js';

const KINDS = databases().flatMap(from => databases().map(to => ({ from, to })));

const cli = (url: string, args: string[], cwd: string): Promise<Finished> =>
  runBuilt('cli.js', args, { cwd, env: { DATABASE_URL: url, SECRET_KEY: SECRET } });

const author = (book: number): object => ({
  name: 'Iris Murdoch',
  book: `B ${book}`,
  country: 'Ireland',
});

describe.each(KINDS)(
  'a backup of $from that is restored on $to',
  { timeout: 90_000 },
  ({ from, to }) => {
    let source: RunningApp;
    let ada: Account;
    let file: string;

    beforeAll(async () => {
      source = await startApp(from);
      ada = await newAccount(source.url);
      file = path.join(source.dataDir, 'backup.db');
    });
    afterAll(() => source.close());

    test('has every write that was acknowledged before it began, while writes continue', async () => {
      let [made, isGoing] = [0, true];
      const write = async (): Promise<void> => {
        const { status } = await call(source.url, 'POST', '/author', {
          token: ada.token,
          json: author(made),
        });
        expect(status).toBe(201);
        made += 1;
      };
      while (made < 50) {
        await write();
      }
      const writing = (async () => {
        while (isGoing) {
          await write();
        }
      })();
      const finished = await cli(source.databaseUrl, ['backup', file, '--json'], source.dataDir);
      isGoing = false;
      await writing;
      expect([finished.code, Object.keys(JSON.parse(finished.stderr))]).toEqual([0, ['database']]);
      expect(JSON.parse(finished.stdout).tables).toContainEqual(
        expect.objectContaining({ table: 'authors' }),
      );
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(source.dataDir).filter(name => name.startsWith('backup.db'))).toEqual([
        'backup.db',
      ]);
      const target = await freshDatabase(to);
      try {
        const restored = await cli(target.url, ['restore', file], source.dataDir);
        expect([restored.code, restored.stderr]).toEqual([
          0,
          expect.stringMatching(/^library-api: used the database [^\n]+\n$/),
        ]);
        const app = await startApp(to, {
          on: { databaseUrl: target.url, dataDir: source.dataDir },
        });
        try {
          const { token } = (await login(app.url, ada.name, ada.password)).body;
          for (const each of [token, ada.token]) {
            const { body } = await call(app.url, 'GET', '/authors?limit=500', { token: each });
            const books = body.list_of_authors.map((row: any) => row.book);
            expect(books.length).toBeGreaterThanOrEqual(50);
            expect(books).toEqual(books.map((_: unknown, index: number) => `B ${index}`));
          }
        } finally {
          await app.stop();
        }
      } finally {
        await target.remove();
      }
    });

    test('replaces no file, and is left whole by what is refused', async () => {
      const before = readFileSync(file);
      const again = await cli(source.databaseUrl, ['backup', file], source.dataDir);
      expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already exists')]);
      expect(readFileSync(file).equals(before)).toBe(true);
    });
  },
);

describe('restore on SQLite', { timeout: 90_000 }, () => {
  let source: RunningApp;
  let ada: Account;
  let file: string;
  let database: string;

  beforeAll(async () => {
    source = await startApp('sqlite');
    ada = await newAccount(source.url);
    file = path.join(source.dataDir, 'backup.db');
    database = source.databaseUrl.slice('sqlite:'.length);
    expect((await restoreBackup('backup', file)).code).toBe(0);
  });
  afterAll(() => source.close());

  const restoreBackup = (...args: string[]): Promise<Finished> =>
    cli(source.databaseUrl, args, source.dataDir);

  test('is refused while a server is running', async () => {
    const { code, stderr } = await restoreBackup('restore', file);
    expect([code, stderr]).toEqual([1, expect.stringContaining('in use')]);
    expect((await call(source.url, 'GET', '/health/ready')).status).toBe(200);
  });

  test.each([
    ['nothing', undefined, 'does not exist'],
    ['another file', 'name,book\n', 'no intact backup'],
    ['an empty file', '', 'no intact backup'],
  ])('is refused %s, with everything as it was', async (_, content, why) => {
    const other = path.join(source.dataDir, 'other.db');
    if (content !== undefined) {
      writeFileSync(other, content);
    }
    await source.stop();
    const before = readFileSync(database);
    const { code, stderr } = await restoreBackup('restore', other);
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(stderr).toMatch(/^library-api: [^\n]+\n$/);
    expect(readFileSync(database).equals(before)).toBe(true);
    const beside = readdirSync(path.dirname(database));
    expect(beside.filter(name => /restor/.test(name))).toEqual([]);
  });

  test('refuses to back up a damaged database', async () => {
    await source.stop();
    const copy = path.join(source.dataDir, 'copy.db');
    copyFileSync(database, copy);
    const db = new Driver(copy).unsafeMode();
    db.pragma('writable_schema = ON');
    db.exec(`UPDATE sqlite_master SET sql = replace(sql, '("at")', '("action")')`);
    db.close();
    const to = path.join(source.dataDir, 'damaged.db');
    const { code, stderr } = await cli(`sqlite:${copy}`, ['backup', to], source.dataDir);
    expect([code, stderr]).toEqual([1, expect.stringContaining('the source is damaged')]);
    expect(readdirSync(source.dataDir).filter(name => name.startsWith('damaged'))).toEqual([]);
  });

  test('takes the place of a damaged database, which is kept', async () => {
    await source.stop();
    writeFileSync(database, Buffer.alloc(40_000, 'damage'));
    const start = await runBuilt('main.js', [], {
      cwd: source.dataDir,
      env: { DATABASE_URL: source.databaseUrl, SECRET_KEY: SECRET, PORT: '0' },
    });
    expect([start.code, start.stderr]).toEqual([1, expect.stringContaining('restore')]);
    const { code, stdout } = await restoreBackup('restore', file, '--json');
    expect(code).toBe(0);
    const { kept } = JSON.parse(stdout);
    expect(existsSync(kept)).toBe(true);
    expect(readFileSync(kept, 'latin1')).toContain('damagedamage');
    const app = await startApp('sqlite', {
      on: { databaseUrl: source.databaseUrl, dataDir: source.dataDir },
    });
    try {
      expect((await call(app.url, 'GET', '/authors', { token: ada.token })).status).toBe(200);
    } finally {
      await app.stop();
    }
  });
});
