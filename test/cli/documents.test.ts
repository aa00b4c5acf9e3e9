import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SECRET } from '../support/app.js';
import { PASSWORD } from '../support/client.js';
import { ROOT, run } from '../support/process.js';
import { cli, emptyDirectory } from './command-line.js';

const directory = emptyDirectory();
const text = (file: string): string => readFileSync(ROOT + file, 'utf8');

const DOCUMENTS = [
  ...readdirSync(ROOT).filter(name => /\.(md|ya?ml)$|^Dockerfile$/.test(name)),
  ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md') && !name.startsWith('adr/'))
    .map(name => `docs/${name}`),
];

describe('documented commands', { timeout: 60_000 }, () => {
  test.each(DOCUMENTS)('%s should name none that npm could take from the registry', file => {
    const named = text(file).match(
      /\b(npx|npm exec|npm x|bunx|pnpm dlx)\b[^`\n]*library-api[^`\n]*/g,
    );
    expect(named?.filter(line => line !== 'npx library-api') ?? []).toEqual([]);
    if (named !== null) {
      expect(text(file)).toContain('Do not use `npx library-api`');
    }
  });

  test('the package should have a scope, so that its name is no one else’s', () => {
    const { name } = JSON.parse(text('package.json'));
    const lock = JSON.parse(text('package-lock.json'));
    expect(name).toMatch(/^@library-api\//);
    expect([lock.name, lock.packages[''].name]).toEqual([name, name]);
  });

  test('docs/commands.md should list every command and its help', async () => {
    const documented = [...text('docs/commands.md').matchAll(/^\| (`.*?) +\|/gm)]
      .flatMap(([, cell]) => [...cell.matchAll(/`([a-z]+(?: [a-z]+)?)/g)].map(([, name]) => name))
      .filter(name => !['secret key', 'key age'].includes(name));
    for (const name of ['user list', 'events', 'serve', 'token create', 'keys rotate']) {
      expect(documented).toContain(name);
    }
    const { stdout } = await cli('--help', directory);
    const [, list] = stdout.split('Commands:\n');
    const top = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    const words = new Set(documented.map(name => name.split(' ')[0]));
    expect(top.filter(name => name !== 'help' && !words.has(name))).toEqual([]);
  });

  test('the restore drill should work from an empty directory', async () => {
    const source = mkdtempSync(path.join(directory, 'source'));
    await cli('user add Ada --admin', source, { input: PASSWORD });
    const backup = path.join(source, 'backup.db');
    expect((await cli(['backup', backup], source)).code).toBe(0);

    const [, drill] = /Test a restore.*?```sh\n(.*?)```/s.exec(text('docs/operations.md'))!;
    const place = path.join(directory, 'a/new/place');
    const script = drill
      .replaceAll('/tmp/restore-drill', place)
      .replaceAll('/mnt/keys/secret.key', path.join(source, 'data/secret.key'))
      .replaceAll(/library-[\d-]+\.db/g, backup);
    const { code, stdout, stderr } = await run('bash', ['--norc', '-e', '-c', script], {
      cwd: ROOT,
    });
    expect([code, stderr]).toEqual([
      0,
      `library-api: used the database ${place}/library.db\n`.repeat(3),
    ]);
    expect(stdout).toMatch(/access +HS256 .* current$/m);
    expect(stdout).toMatch(/^ok +secret key/m);
    expect(readdirSync(place)).toEqual(['library.db']);

    const other = script.replace(/SECRET_KEY_FILE=\S+/, `SECRET_KEY=${SECRET}`);
    const wrong = await run('bash', ['--norc', '-e', '-c', other], { cwd: ROOT });
    expect([wrong.code, wrong.stderr]).toEqual([
      78,
      expect.stringContaining('SECRET_KEY does not open'),
    ]);
  });
});

/** Exit codes by a command, and what it needs. */
const EXITS: readonly [code: number, line: string, env?: Record<string, string>][] = [
  [0, 'migrate'],
  [0, 'keys list'],
  [0, 'doctor'],
  [0, '--version'],
  [1, 'user show nothing'],
  [1, 'user'],
  [1, 'keys list --nope'],
  [1, 'backup /nonexistent/directory/x'],
  [1, 'restore missing.db'],
  [1, 'migrate', { DATABASE_URL: 'postgres://127.0.0.1:1/x', SECRET_KEY: SECRET }],
  [78, 'migrate', { PORT: 'x' }],
  [78, 'serve', { PORT: 'x' }],
];

describe('exit codes', { timeout: 60_000 }, () => {
  const codes = [...text('docs/commands.md').matchAll(/^\| `(\d+)` +\|/gm)].map(
    ([, code]) => +code,
  );

  test('should be documented, each with a test', () => {
    // prompt.test.ts has Ctrl-C.
    expect(codes).toEqual([...new Set(EXITS.map(([code]) => code)), 130]);
  });

  test.each(EXITS)('should be %d for %s', async (expected, line, env) => {
    for (const json of [false, true]) {
      const args = json ? `${line} --json` : line;
      const { code, stderr } = await cli(args, directory, { env });
      expect(code).toBe(expected);
      if (line !== '--version') {
        expect(stderr).toMatch(/^[^\n]+\n$/);
        expect(stderr).not.toMatch(/unexpected|ENOENT|\bat .*:\d+/);
      }
      if (expected !== 0 && json) {
        const { error } = JSON.parse(stderr);
        expect(error).toEqual({
          code: expect.stringMatching(/^[a-z_]+$/),
          message: expect.any(String),
          exit_code: expected,
        });
      }
    }
  });
});

test('a reader that leaves early should be no error', async () => {
  const line = `${process.execPath} ${ROOT}dist/cli.js keys list | head -c 0; echo \${PIPESTATUS[0]}`;
  await cli('migrate', directory);
  const { stdout, stderr } = await run('bash', ['--norc', '-c', line], { cwd: directory });
  expect(stdout).toBe('0\n');
  expect(stderr).not.toMatch(/EPIPE|Error/);
});

test('serve should run the server and say which database it uses', async () => {
  const cwd = mkdtempSync(path.join(directory, 'serve'));
  const script = `${process.execPath} ${ROOT}dist/cli.js serve > out & P=$!
    until grep -q listening out; do kill -0 $P || exit 1; done; kill -INT $P; wait $P`;
  const env = { PORT: '0', LOG_FORMAT: 'json' };
  const { code, stderr } = await run('bash', ['--norc', '-c', script], { cwd, env });
  expect([code, stderr]).toEqual([0, '']);
  const lines = readFileSync(path.join(cwd, 'out'), 'utf8').split('\n').filter(Boolean);
  const listening = lines.map(line => JSON.parse(line)).find(({ api }) => api !== undefined);
  expect(listening.database).toBe(path.join(cwd, 'data/library.db'));
});

test('serve should refuse a password of the first admin that Basic cannot carry', async () => {
  const cwd = mkdtempSync(path.join(directory, 'admin'));
  const file = path.join(cwd, 'password');
  writeFileSync(file, 'correct\thorse battery\n');
  const env = { ADMIN_NAME: 'Ada', ADMIN_PASSWORD_FILE: file, PORT: '0' };
  const { code, stderr } = await cli('serve', cwd, { env });
  expect([code, stderr]).toEqual([
    78,
    expect.stringMatching(/^library-api: ADMIN_[^\n]*control characters[^\n]*\n$/),
  ]);
  const { stdout } = await cli('user list', cwd);
  expect(stdout.trim()).toBe('');
});
