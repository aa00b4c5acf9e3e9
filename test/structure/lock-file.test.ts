import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from '../support/process.js';

interface LockFile {
  packages: Record<string, { gypfile?: boolean }>;
}

/** npm drops the field when it writes the file; without it `npm ci` needs Python, or skips the driver. */
test('package-lock.json should say that better-sqlite3 13 needs no compilation', () => {
  const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8')) as LockFile;
  expect(packages['node_modules/better-sqlite3-napi']).toMatchObject({ gypfile: false });
});
