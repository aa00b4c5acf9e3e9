import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT, run } from '../support/process.js';
import type { Finished } from '../support/process.js';

describe('scripts/build.mjs', { timeout: 60_000 }, () => {
  let tree: string;

  beforeEach(() => {
    tree = mkdtempSync(path.join(tmpdir(), 'library-api-build-'));
    symlinkSync(`${ROOT}node_modules`, path.join(tree, 'node_modules'));
    for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json']) {
      writeFileSync(path.join(tree, name), readFileSync(ROOT + name));
    }
    mkdirSync(path.join(tree, 'src'));
    write('src/one.ts', 'export const one = 1;\n');
    write('src/two.ts', "export { one } from './one.js';\n");
  });
  afterEach(() => rmSync(tree, { recursive: true }));

  const write = (name: string, text: string): void => writeFileSync(path.join(tree, name), text);
  const build = (): Promise<Finished> =>
    run(process.execPath, [`${ROOT}scripts/build.mjs`], { cwd: tree });
  const writtenAt = (name: string): number => statSync(path.join(tree, 'dist', name)).mtimeMs;

  test('compiles nothing if nothing changed, not even touched files', async () => {
    expect((await build()).code).toBe(0);
    const before = writtenAt('one.js');
    write('src/one.ts', 'export const one = 1;\n');
    write('src/one.spec.ts', 'this is no TypeScript');
    const since = performance.now();
    expect(await build()).toEqual({ code: 0, stdout: '', stderr: '' });
    // tsc alone takes 1 s to start.
    expect(performance.now() - since).toBeLessThan(1_000);
    expect(writtenAt('one.js')).toBe(before);
  });

  test('compiles the files that changed and leaves the others', async () => {
    await build();
    const before = writtenAt('one.js');
    write('src/two.ts', 'export const two = 2;\n');
    expect((await build()).code).toBe(0);
    expect(writtenAt('one.js')).toBe(before);
    expect(readFileSync(path.join(tree, 'dist/two.js'), 'utf8')).toContain('two = 2');
  });

  test('leaves nothing of a file that was removed', async () => {
    await build();
    rmSync(path.join(tree, 'src/two.ts'));
    expect((await build()).code).toBe(0);
    expect(existsSync(path.join(tree, 'dist/two.js'))).toBe(false);
    expect(existsSync(path.join(tree, 'dist/one.js'))).toBe(true);
  });

  test('fails again until a fault is mended', async () => {
    write('src/two.ts', "export const two: number = 'two';\n");
    for (const _ of [1, 2]) {
      const { code, stdout } = await build();
      expect(code).not.toBe(0);
      expect(stdout).toContain('src/two.ts');
    }
    write('src/two.ts', 'export const two = 2;\n');
    expect((await build()).code).toBe(0);
  });
});
