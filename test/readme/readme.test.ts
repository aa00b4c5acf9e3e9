import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../support/client.js';
import { ROOT, ServerProcess, run } from '../support/process.js';
import { likeness, stepsOf } from './walk.js';

const README = readFileSync(`${ROOT}README.md`, 'utf8');
const STEPS = stepsOf(README);

/** Ends what a command has printed. */
const END = '\n--- end of step ---\n';

describe('the README', () => {
  let dataDir: string;
  let server: ServerProcess;
  let printed: string[];

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'library-api-readme-'));
    server = await ServerProcess.start({ cwd: dataDir, env: { DATA_DIR: dataDir } });
    const { host } = new URL(server.url);
    // One shell for all, in the directory where a reader is: variables stay from step to step.
    const script = STEPS.map(({ command }) => `${command}\nprintf '${END}'\n`).join('');
    const { stdout, stderr, code } = await run(
      'bash',
      ['--norc', '-e', '-c', script.replaceAll('localhost:3000', host)],
      { cwd: ROOT, env: { DATA_DIR: dataDir } },
    );
    expect([code, stderr]).toEqual([0, '']);
    printed = stdout.split(END);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true });
  });

  test('walks through what the tutorial does', () => {
    const commands = STEPS.map(({ command }) => command).join('\n');
    for (const part of [
      '/register',
      '/login',
      'x-access-tokens:',
      'Authorization: Bearer',
      '/author ',
      '/authors',
      '-X DELETE',
      'user promote',
      '/users',
    ]) {
      expect(commands).toContain(part);
    }
    expect(STEPS.filter(({ answer }) => answer !== undefined).length).toBeGreaterThanOrEqual(9);
  });

  test.each(STEPS.map((step, index) => ({ ...step, index })))(
    'prints what this answers: $command',
    ({ answer, index }) => {
      if (answer !== undefined) {
        expect(likeness(printed[index])).toEqual(likeness(answer));
      }
    },
  );

  test('names the two commands that are enough', () => {
    expect(README).toMatch(/^npm ci && npm start\b/m);
    expect(README).toMatch(/^npm ci && npm test\b/m);
  });

  test.each(['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md'])(
    'and %s link to nothing that is not there',
    file => {
      const text = readFileSync(`${ROOT}${file}`, 'utf8');
      const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target]) => target);
      expect(links.filter(target => !existsSync(ROOT + target))).toEqual([]);
    },
  );

  test('says where the documentation is', async () => {
    expect(README).toContain('http://localhost:3000/docs');
    const { status } = await call(server.url, 'GET', '/docs');
    expect(status).toBe(200);
  });
});
