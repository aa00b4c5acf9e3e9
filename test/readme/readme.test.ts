import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../support/client.js';
import { ROOT, ServerProcess, run } from '../support/process.js';
import { likeness, stepsOf } from './walk.js';

const README = readFileSync(`${ROOT}README.md`, 'utf8');
const STEPS = stepsOf(README);

/** Separates the output of two commands. */
const END = '\n--- end of step ---\n';

describe('the README', () => {
  let dataDir: string;
  let server: ServerProcess;
  let printed: string[];

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'library-api-readme-'));
    server = await ServerProcess.start({ cwd: dataDir, env: { DATA_DIR: dataDir } });
    const { host } = new URL(server.url);
    // All steps run in one shell, so that variables keep their values.
    const script = STEPS.map(({ command }) => `${command}\nprintf '${END}'\n`).join('');
    const { stdout, stderr, code } = await run(
      'bash',
      ['--norc', '-e', '-c', script.replaceAll('localhost:3000', host)],
      { cwd: ROOT, env: { DATA_DIR: dataDir } },
    );
    const database = path.join(dataDir, 'library.db');
    expect([code, stderr]).toEqual([0, `library-api: used the database ${database}\n`]);
    printed = stdout.split(END);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true });
  });

  test('should show each step of the tutorial', () => {
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
    'should show the real response of: $command',
    ({ answer, index }) => {
      if (answer !== undefined) {
        expect(likeness(printed[index])).toEqual(likeness(answer));
      }
    },
  );

  test('should name the commands to start and to test', () => {
    expect(README).toMatch(/^npm ci && npm start\b/m);
    expect(README).toMatch(/^npm ci && npm test\b/m);
  });

  test.each(['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md'])(
    'and %s should link to existing files only',
    file => {
      const text = readFileSync(`${ROOT}${file}`, 'utf8');
      const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target]) => target);
      expect(links.filter(target => !existsSync(ROOT + target))).toEqual([]);
    },
  );

  test('should link to the tutorial, once', () => {
    expect(README.split('](https://geekflare.com/securing-flask-api-with-jwt/)')).toHaveLength(2);
  });

  test('should say where Swagger UI is', async () => {
    expect(README).toContain('http://localhost:3000/docs');
    const { status } = await call(server.url, 'GET', '/docs');
    expect(status).toBe(200);
  });
});
