import { mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrations } from '../../src/database/migrations/index.js';
import { SECRET, databases } from '../support/app.js';
import { PASSWORD } from '../support/client.js';
import { freshDatabase } from '../support/fresh-database.js';
import { cli, emptyDirectory } from './command-line.js';
import { Driver } from '../../src/database/sqlite-driver.js';

/** Commands that need a database. */
const NEED = [
  'user list',
  'user show Ada',
  'user remove Ada',
  'user promote Ada',
  'user demote Ada',
  'user disable Ada',
  'user enable Ada',
  'user password Ada',
  'user ticket Ada',
  'token create --user Ada --scope authors:read',
  'events',
  'keys list',
  'keys rotate',
  'backup backup.db',
  'export authors.csv --user Ada',
  'import - --user Ada --format csv',
  'doctor',
];

const directory = emptyDirectory();
const empty = (): string => mkdtempSync(path.join(directory, 'x'));

describe.each(databases())('without a database on %s', { timeout: 90_000 }, kind => {
  // Each command on SQLite; PostgreSQL differs in how a database is found missing, and in a backup.
  test.each(kind === 'sqlite' ? NEED : ['user list', 'backup backup.db', 'doctor'])(
    '%s should fail in one line and create nothing',
    async line => {
      const cwd = empty();
      const fresh = kind === 'postgres' ? await freshDatabase(kind) : undefined;
      const env = fresh && { DATABASE_URL: fresh.url, SECRET_KEY: SECRET };
      const { code, stdout, stderr } = await cli(line, cwd, { env, input: 'name,book\n' });
      expect(code).toBe(1);
      if (line !== 'doctor') {
        expect(stdout).toBe('');
        expect(stderr).toMatch(/^library-api: there is no database\b[^\n]+\n$/);
        expect(stderr).toContain(kind === 'sqlite' ? `${cwd}/data/library.db` : '/test_');
      }
      expect(readdirSync(cwd)).toEqual([]);
      await fresh?.remove();
    },
  );

  test.each([
    ['migrate', ''],
    ['user add Ada', PASSWORD],
  ])('%s should create it, and say which', async (line, input) => {
    const cwd = empty();
    const fresh = kind === 'postgres' ? await freshDatabase(kind) : undefined;
    const env = fresh && { DATABASE_URL: fresh.url, SECRET_KEY: SECRET };
    const { code, stderr } = await cli(line, cwd, { env, input });
    const { host, pathname } = new URL(fresh?.url ?? 'x://');
    const shown = fresh ? `postgres://${host}${pathname}` : `${cwd}/data/library.db`;
    expect([code, stderr]).toEqual([0, `library-api: used the database ${shown}\n`]);
    await fresh?.remove();
  });
});

test('a command should not migrate the database of an older version', async () => {
  const cwd = empty();
  await cli('migrate', cwd);
  const file = path.join(cwd, 'data/library.db');
  const db = new Driver(file);
  db.exec('DELETE FROM migrations WHERE timestamp = (SELECT max(timestamp) FROM migrations)');
  const { code, stderr } = await cli('user list', cwd);
  expect([code, stderr]).toEqual([1, expect.stringContaining('(missing migrations: 1): run')]);
  const count = db.prepare('SELECT count(*) FROM migrations').pluck();
  expect(count.get()).toBe(migrations.length - 1);
  db.close();
});

test('a command should not create a secret key for a database that has another', async () => {
  const cwd = empty();
  expect((await cli('migrate', cwd, { env: { SECRET_KEY: SECRET } })).code).toBe(0);
  const { code, stderr } = await cli('keys list', cwd);
  expect([code, stderr]).toEqual([78, expect.stringContaining('secret.key')]);
  expect(readdirSync(path.join(cwd, 'data'))).toEqual(['library.db']);
});

test('restore should create its directory', async () => {
  const cwd = empty();
  await cli('migrate', cwd);
  await cli('backup backup.db', cwd);
  const env = { DATA_DIR: 'new/place' };
  const { code, stderr } = await cli('restore backup.db', cwd, { env });
  const place = path.join(cwd, 'new/place/library.db');
  expect([code, stderr]).toEqual([0, `library-api: used the database ${place}\n`]);
});

test('copy should create its target and name both databases', async () => {
  const cwd = empty();
  await cli('migrate', cwd);
  const { code, stderr } = await cli('copy --from sqlite:data/library.db --to sqlite:n/x.db', cwd);
  const [from, to] = ['data/library.db', 'n/x.db'].map(file => path.join(cwd, file));
  expect([code, stderr]).toEqual([0, `library-api: copied from ${from} to ${to}\n`]);
});
