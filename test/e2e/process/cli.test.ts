import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, call, freshName, login, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { ROOT, run, runBuilt } from '../../support/process.js';
import type { Finished } from '../../support/process.js';

describe.each(databases())('library-api, while a server runs on %s', { timeout: 90_000 }, kind => {
  let running: RunningApp;
  let url: string;
  let user: Account;

  beforeAll(async () => {
    running = await startApp(kind);
    url = running.url;
    user = await newAccount(url);
  });
  afterAll(() => running.close());

  const cli = (args: string[], input?: string): Promise<Finished> =>
    runBuilt('cli.js', args, {
      cwd: running.dataDir,
      env: { DATABASE_URL: running.databaseUrl, SECRET_KEY: SECRET },
      input,
    });

  /** What a command prints with `--json`. */
  async function json(args: string[], input?: string): Promise<any> {
    const { code, stdout, stderr } = await cli([...args, '--json'], input);
    expect([code, Object.keys(JSON.parse(stderr))]).toEqual([0, ['database']]);
    expect(stdout).toMatch(/^[^\n]+\n$/);
    return JSON.parse(stdout);
  }

  async function refuse(args: string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await cli(args, input);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^library-api: [^\n]+\n$/);
    return stderr;
  }

  const status = async (account: { token: string }, path: string): Promise<number> =>
    (await call(url, 'GET', path, { token: account.token })).status;

  test('migrate has nothing to do, and says so', async () => {
    expect(await json(['migrate'])).toEqual({ migrated: true });
  });

  test('user add takes the password from the standard input, and the account works', async () => {
    const name = freshName('Grace');
    const added = await json(['user', 'add', name, '--admin'], `${PASSWORD}\nmore lines\n`);
    expect(added).toMatchObject({ name, admin: true });
    const { status: code, body } = await login(url, name, PASSWORD);
    expect(code).toBe(200);
    expect(await status(body, '/users')).toBe(200);
  });

  test('user add refuses what registration would refuse', async () => {
    expect(await refuse(['user', 'add', freshName()], 'short')).toContain('password');
    expect(await refuse(['user', 'add', user.name.toUpperCase()], PASSWORD)).toContain('taken');
  });

  test('user promote and demote count at the very next request', async () => {
    expect(await status(user, '/users')).toBe(403);
    const { stdout } = await cli(['user', 'promote', user.name.toUpperCase()]);
    expect(stdout).toBe(`${user.name} is an admin now\n`);
    expect(await status(user, '/users')).toBe(200);
    expect(await json(['user', 'demote', user.name])).toMatchObject({ admin: false });
    expect(await status(user, '/users')).toBe(403);
  });

  test('user disable ends all tokens, and enable lets the user log in again', async () => {
    const { name, token } = await newAccount(url);
    expect(await status({ token }, '/authors')).toBe(200);
    expect(await json(['user', 'disable', name])).toMatchObject({ name, disabled: true });
    await expect.poll(() => status({ token }, '/authors'), { timeout: 10_000 }).toBe(401);
    expect((await login(url, name, PASSWORD)).status).toBe(401);
    expect(await json(['user', 'enable', name])).toMatchObject({ disabled: false });
    expect((await login(url, name, PASSWORD)).status).toBe(200);
    expect(await status({ token }, '/authors')).toBe(401);
  });

  test('user password gives a code that sets a new password, once', async () => {
    const { name } = await newAccount(url);
    const { code, expires_at: expiresAt } = await json(['user', 'password', name]);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    const reset = { name, code, new_password: 'another horse battery' };
    expect((await call(url, 'POST', '/password-reset', { json: reset })).status).toBe(204);
    expect((await login(url, name, reset.new_password)).status).toBe(200);
    expect((await call(url, 'POST', '/password-reset', { json: reset })).status).toBe(403);
  });

  test('user ticket lets somebody in whom strangers have shut out', async () => {
    const { name } = await newAccount(url);
    const { code } = await json(['user', 'ticket', name]);
    const answer = await login(url, name, PASSWORD, { 'x-login-ticket': code });
    expect(answer.status).toBe(200);
  });

  test('keys rotate makes new tokens by a new key, and ends none', async () => {
    const before = await newAccount(url);
    const { kid, algorithm } = await json(['keys', 'rotate']);
    expect(algorithm).toBe('HS256');
    const kidOf = ({ token }: { token: string }): string =>
      JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()).kid;
    await expect.poll(async () => kidOf(await newAccount(url)), { timeout: 10_000 }).toBe(kid);
    expect(kidOf(before)).not.toBe(kid);
    expect(await status(before, '/authors')).toBe(200);

    const { keys } = await json(['keys', 'list']);
    const signing = keys.filter(({ purpose }: { purpose: string }) => purpose === 'access');
    expect(signing).toHaveLength(2);
    expect(signing.find(({ kid: id }: { kid: string }) => id === kid).verifies_until).toBeNull();
    expect(Object.keys(keys[0]).toSorted()).toEqual([
      'age_days',
      'algorithm',
      'created_at',
      'current',
      'kid',
      'purpose',
      'verifies_until',
    ]);
  });
});

describe('library-api on its own', { timeout: 90_000 }, () => {
  let cwd: string;
  beforeAll(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-cli-'));
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  test.each([
    ['--help'],
    ['user --help'],
    ['user promote --help'],
    ['keys rotate --help'],
    ['copy --help'],
  ])('%s explains itself', async line => {
    const { code, stdout, stderr } = await runBuilt('cli.js', line.split(' '), { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: library-api/);
  });

  test.each([['migrat'], ['migrate --nope'], ['user promote'], ['keys rotate extra']])(
    '%s is wrong, in one line',
    async line => {
      const { code, stdout, stderr } = await runBuilt('cli.js', line.split(' '), { cwd });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^library-api: [^\n]+ \(--help shows how\)\n$/);
    },
  );

  test('a wrong configuration ends it as it ends the server', async () => {
    const { code, stderr } = await runBuilt('cli.js', ['migrate'], { cwd, env: { PORT: 'x' } });
    expect(code).toBe(78);
    expect(stderr).toMatch(/^library-api: PORT [^\n]+\n$/);
  });

  test('makes the database where there is none, with an admin who stays the last one', async () => {
    const added = await runBuilt('cli.js', ['user', 'add', 'Ada'], { cwd, input: PASSWORD });
    const database = path.join(cwd, 'data/library.db');
    const stderr = `library-api: used the database ${database}\n`;
    expect(added).toEqual({ code: 0, stdout: 'added Ada\n', stderr });
    const promoted = await runBuilt('cli.js', ['user', 'promote', 'ada'], { cwd });
    expect(promoted.stdout).toBe('Ada is an admin now\n');
    const demoted = await runBuilt('cli.js', ['user', 'demote', 'ada'], { cwd });
    expect(demoted.code).toBe(1);
    expect(demoted.stderr).toBe(
      `library-api: the last admin cannot be demoted, disabled or removed (database: ${database})\n`,
    );
  });

  test('reports an unknown user in one line', async () => {
    const { code, stderr } = await runBuilt('cli.js', ['user', 'ticket', 'No\nbody'], { cwd });
    const line = 'library-api: there is no user "No\\nbody"';
    expect([code, stderr.replace(/ \(database: .*\)/, '')]).toEqual([1, `${line}\n`]);
  });

  test('is what bin/library-api.js runs', async () => {
    const { code, stdout } = await run('bin/library-api.js', ['migrate'], {
      cwd: ROOT,
      env: { DATA_DIR: cwd },
    });
    expect([code, stdout]).toEqual([0, 'the database is up to date\n']);
  });

  test("TypeORM's own command line works on the same database", async () => {
    // As `npm run typeorm` does, without building anew.
    const options = { cwd: ROOT, env: { DATA_DIR: cwd } };
    const built = await run('npx', ['tsc', '-p', 'tsconfig.orm.json'], options);
    expect(built.code).toBe(0);
    const { code, stdout, stderr } = await run(
      'npx',
      ['typeorm', '-d', 'dist/ormconfig.js', 'migration:show'],
      options,
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\[X\] \d+ Users1700000000100/);
    expect(stdout).not.toContain('[ ]');
  });
});
