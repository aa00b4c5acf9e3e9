import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT, run } from '../support/process.js';

const check = (cwd: string) => run(process.execPath, [`${ROOT}scripts/advisories.mjs`], { cwd });

describe('the check of packages', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'library-api-'));
    mkdirSync(path.join(directory, 'docs'));
    write('docs/advisories.json', {
      packages: { fastify: { minimum: '5.12.8', advisories: ['GHSA-0'] } },
    });
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (file: string, content: object) =>
    writeFileSync(path.join(directory, file), JSON.stringify(content));

  const lock = (fastify: string) =>
    write('package-lock.json', {
      packages: {
        '': { name: 'library-api', version: '0.0.1' },
        'node_modules/other/node_modules/fastify': { version: fastify },
        'node_modules/fastify-plugin': { version: '1.0.0' },
      },
    });

  test.each(['5.12.7', '5.9.9', '4.29.1', '5.12.8-alpha.1'])('refuses %s', async version => {
    lock(version);
    const { code, stderr } = await check(directory);
    expect(code).toBe(1);
    expect(stderr).toContain(`fastify is ${version}: use 5.12.8 or newer (GHSA-0)`);
  });

  test.each(['5.12.8', '5.13.0', '6.0.0'])('takes %s', async version => {
    lock(version);
    expect(await check(directory)).toMatchObject({ code: 0, stderr: '' });
  });
});
