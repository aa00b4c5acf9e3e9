import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepsOf } from '../readme/walk.js';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { ROOT, run } from '../support/process.js';
import { parseHttpFile, sendAll } from './http-file.js';

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;

describe('the walk', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp('sqlite');
  });
  afterAll(() => running.close());

  test('as examples/walk.http, and once more by the same user', async () => {
    const file = parseHttpFile(readFileSync(`${ROOT}examples/walk.http`, 'utf8'));
    const first = await sendAll(file, { baseUrl: running.url });
    expect(first).toEqual([201, 200, 201, 200, 200, 200, 200, 200, 200, 204]);
    const second = await sendAll(file, { baseUrl: running.url });
    expect(second).toEqual([409, ...first.slice(1)]);
  });

  test.skipIf(!runs('python3', ['-c', 'import requests']))(
    'Python runs examples/walk.py',
    async () => {
      const { code, stdout, stderr } = await run('python3', ['examples/walk.py', running.url], {
        cwd: ROOT,
      });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.trim().split('\n').at(-1)).toBe('POST /logout 204');
    },
  );

  test.skipIf(!runs('http', ['--version']))(
    'HTTPie runs the lines of docs/clients.md',
    async () => {
      const document = readFileSync(`${ROOT}docs/clients.md`, 'utf8');
      const steps = stepsOf(document).map(
        ({ command }) => `${command.replace('http ', 'http --check-status ')}\n`,
      );
      expect(steps.length).toBeGreaterThan(4);
      const own = await startApp('sqlite');
      const script = steps.join('').replaceAll('localhost:3000', new URL(own.url).host);
      const { code, stdout, stderr } = await run('bash', ['--norc', '-e', '-c', script], {
        cwd: ROOT,
      });
      await own.close();
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('"created":59');
      expect(stdout).toContain('Author deleted');
    },
  );
});
