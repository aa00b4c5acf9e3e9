import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SECRET, startApp } from '../support/app.js';
import { newAccount } from '../support/client.js';
import { cli, emptyDirectory } from './command-line.js';

const directory = emptyDirectory();

test('restore should take the newest records of a file that a server is writing to', async () => {
  const running = await startApp('sqlite');
  try {
    const { name } = await newAccount(running.url);
    const file = running.databaseUrl.slice('sqlite:'.length);
    expect(existsSync(`${file}-wal`)).toBe(true);
    const env = { DATA_DIR: path.join(directory, 'live'), SECRET_KEY: SECRET };
    expect((await cli(['restore', file], directory, { env })).code).toBe(0);
    const { stdout } = await cli(['user', 'show', name], directory, { env });
    expect(stdout).toContain(name);
  } finally {
    await running.close();
  }
});

test.each([
  ['a missing directory', 'backup nowhere/b.db', 'the directory \\S+/nowhere does not exist'],
  ['a missing backup', 'restore nothing.db', 'nothing.db does not exist'],
  ['a missing import', 'import nothing.csv --user Ada', 'nothing.csv cannot be read'],
  ['a missing place for an export', 'export no/a.csv --user Ada', 'no/a.csv: no such file'],
])('%s should be one plain line', async (_, line, why) => {
  const cwd = mkdtempSync(path.join(directory, 'x'));
  await cli('user add Ada', cwd, { input: 'correct horse battery' });
  const { code, stdout, stderr } = await cli(line, cwd);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(new RegExp(`^library-api: [^\\n]*${why}[^\\n]*\\n$`));
  expect(stderr).not.toContain('unexpected');
  expect(readdirSync(cwd)).toEqual(['data']);
});
