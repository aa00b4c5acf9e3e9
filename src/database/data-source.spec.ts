import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sqlitePath } from './data-source.js';

it.each([
  ['sqlite:~/library.db', join(homedir(), 'library.db')],
  ['sqlite:/a/~/library.db', '/a/~/library.db'],
  ['sqlite:library.db', 'library.db'],
  ['sqlite::memory:', ':memory:'],
])('%s is %s', (url, file) => {
  expect(sqlitePath(url)).toBe(file);
});
