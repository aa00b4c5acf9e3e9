import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SYNONYMS } from '../../src/authors/transfer/csv-header.js';
import { DIALECTS } from '../support/file-dialects.js';
import { ROOT } from '../support/process.js';

const DOCUMENT = readFileSync(path.join(ROOT, 'docs/files.md'), 'utf8');
const cells = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map(cell => cell.trim());

test('the table of docs/files.md is what the tests import', () => {
  const rows = DOCUMENT.split('\n')
    .filter(line => line.includes('test/files/'))
    .map(cells);
  expect(rows).toEqual(
    DIALECTS.map(({ from, file, type, query = '', created, skipped, faulty, ignored }) => [
      from,
      `[${file}](../test/files/${file})`,
      `\`${type}\`${query && `, \`?${query}\``}`,
      `${created} created, ${skipped} skipped, ${faulty} faulty`,
      ignored.join(', '),
    ]),
  );
});

test('every file of test/files is in the table', () => {
  const files = readdirSync(path.join(ROOT, 'test/files')).toSorted();
  expect(DIALECTS.map(({ file }) => file).toSorted()).toEqual(files);
});

test('docs/files.md names every synonym', () => {
  for (const synonym of Object.values(SYNONYMS).flat()) {
    expect(DOCUMENT).toContain(`\`${synonym}\``);
  }
});
