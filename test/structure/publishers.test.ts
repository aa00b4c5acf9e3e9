import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT, run } from '../support/process.js';

const TESTS = ['test/e2e/publishers.test.ts', 'test/structure/schema.test.ts'];
const COPIED = [
  ...['src', 'test', 'dist', 'scripts', 'openapi.json', 'package.json'],
  ...['tsconfig.json', 'tsconfig.build.json', 'vitest.config.ts'],
];

let tree: string;

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'library-api-publishers-'));
  for (const name of COPIED) {
    cpSync(ROOT + name, path.join(tree, name), { recursive: true });
  }
  symlinkSync(`${ROOT}node_modules`, path.join(tree, 'node_modules'));
});
afterAll(() => rmSync(tree, { recursive: true }));

/** Makes the changes of a diff without line numbers: each hunk must fit in one place. */
function apply(diff: string): void {
  for (const [, name, hunks] of diff.matchAll(/^\+\+\+ (\S+)\n((?:(?!\+\+\+).*\n)*)/gm)) {
    const file = path.join(tree, name);
    let text = readFileSync(file, 'utf8');
    for (const hunk of hunks.split(/^@@\n/m).slice(1)) {
      const side = (sign: string): string => {
        const lines = hunk.trimEnd().split('\n');
        const kept = lines.filter(line => line.startsWith(' ') || line.startsWith(sign));
        return kept.map(line => line.slice(1)).join('\n');
      };
      expect([name, side('-'), text.split(side('-')).length]).toEqual([name, side('-'), 2]);
      text = text.replace(side('-'), () => side('+'));
    }
    writeFileSync(file, text);
  }
}

test('CONTRIBUTING.md leads to a resource that builds and passes its test', async () => {
  const page = readFileSync(`${ROOT}CONTRIBUTING.md`, 'utf8');
  expect(page).toContain('`cp -r examples/publishers/{src,test} .`');
  cpSync(`${ROOT}examples/publishers`, tree, { recursive: true });
  apply(/```diff\n([^]*?)```/.exec(page)![1]);
  const env = { TEST_POSTGRES: 'off' };
  for (const command of [
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    ['scripts/openapi.mjs'],
    ['node_modules/vitest/vitest.mjs', 'run', ...TESTS],
  ]) {
    const { code, stdout, stderr } = await run(process.execPath, command, { cwd: tree, env });
    expect([command[0], code, code === 0 || stdout + stderr]).toEqual([command[0], 0, true]);
  }
}, 120_000);
