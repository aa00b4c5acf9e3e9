import { afterEach, beforeEach, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../../test/support/fresh-database.js';
import { sqlitePath } from '../data-source.js';
import { Database } from '../database.js';
import { backUp, restore } from './backup.js';
import { CopyError } from './copy-end.js';
import { Driver } from '../sqlite-driver.js';

let fresh: FreshDatabase;
let file: string;

beforeEach(async () => {
  fresh = await freshDatabase('sqlite');
  file = `${sqlitePath(fresh.url)}.backup`;
  await (await Database.open(fresh)).close();
});
afterEach(() => fresh.remove());

it('lets one of two backups into the same file succeed', async () => {
  const results = await Promise.allSettled([backUp(fresh.url, file), backUp(fresh.url, file)]);

  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: expect.any(CopyError),
  });
});

it('keeps servers from starting on a database while it is restored', async () => {
  await backUp(fresh.url, file);
  const restored = restore(file, fresh.url);
  const server = new Driver(sqlitePath(fresh.url), { timeout: 0 });
  expect(() => server.exec('BEGIN IMMEDIATE')).toThrow('locked');
  server.close();
  expect(await restored).toContain('before-restore');

  await (await Database.open(fresh)).close();
});
