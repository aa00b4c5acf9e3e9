import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, ServerProcess, run } from '../support/process.js';
import { likeness, stepsOf } from './walk.js';

const README = readFileSync(`${ROOT}README.md`, 'utf8');
const TUTORIAL = readFileSync(`${ROOT}docs/tutorial.md`, 'utf8');

const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md'],
  'clients/typescript/README.md',
  ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

/** Separates the output of two commands. */
const END = '\n--- end of step ---\n';

/** Documents whose commands run in order, and what these must have. */
const WALKS: [string, string, string[]][] = [
  ['README.md', README, ['/register', '/login', 'x-access-tokens:', '/author ']],
  [
    'docs/tutorial.md',
    TUTORIAL,
    [
      '/register',
      '/login',
      'x-access-tokens:',
      'Authorization: Bearer',
      '/author ',
      '/authors',
      '-X DELETE',
      'user promote',
      '/users',
    ],
  ],
];

describe.each(WALKS)('the commands of %s', (_, document, parts) => {
  const steps = stepsOf(document);
  let dataDir: string;
  let server: ServerProcess;
  let printed: string[];

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'library-api-readme-'));
    server = await ServerProcess.start({ cwd: dataDir, env: { DATA_DIR: dataDir } });
    const { host } = new URL(server.url);
    // All steps run in one shell, so that variables keep their values.
    const script = steps.map(({ command }) => `${command}\nprintf '${END}'\n`).join('');
    const { stdout, stderr, code } = await run(
      'bash',
      ['--norc', '-e', '-c', script.replaceAll('localhost:3000', host)],
      { cwd: ROOT, env: { DATA_DIR: dataDir } },
    );
    expect(code).toBe(0);
    expect(stderr.replaceAll(`library-api: used the database ${dataDir}/library.db\n`, '')).toBe(
      '',
    );
    printed = stdout.split(END);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true });
  });

  test('should show each step', () => {
    const commands = steps.map(({ command }) => command).join('\n');
    for (const part of parts) {
      expect(commands).toContain(part);
    }
  });

  test.each(steps.map((step, index) => ({ ...step, index })))(
    'should show the real response of: $command',
    ({ answer, index }) => {
      if (answer !== undefined) {
        expect(likeness(printed[index])).toEqual(likeness(answer));
      }
    },
  );
});

describe('the README', () => {
  test('should name the commands to start and to test', () => {
    expect(README).toMatch(/^npm ci && npm start\b/m);
    expect(README).toMatch(/^npm ci && npm test\b/m);
  });

  test.each(DOCUMENTS)('and %s should link to existing files only', file => {
    const text = readFileSync(`${ROOT}${file}`, 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target]) => target);
    const base = path.dirname(`${ROOT}${file}`);
    expect(links.filter(target => !existsSync(path.join(base, target)))).toEqual([]);
  });

  test('should link to the tutorial, once', () => {
    expect(README.split('](https://geekflare.com/securing-flask-api-with-jwt/)')).toHaveLength(2);
  });

  test('should say where Swagger UI is', () => {
    expect(README).toContain('http://localhost:3000/docs');
  });
});
