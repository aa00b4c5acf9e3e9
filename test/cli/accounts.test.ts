import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { PASSWORD, call, freshName, login, newAccount } from '../support/client.js';
import type { Finished } from '../support/process.js';
import { Database } from '../../src/database/database.js';
import { cli } from './command-line.js';

describe.each(databases())('accounts, while a server runs on %s', { timeout: 90_000 }, kind => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp(kind);
  });
  afterAll(() => running.close());

  const run = (args: string[], input?: string): Promise<Finished> =>
    cli(args, running.dataDir, {
      env: { DATABASE_URL: running.databaseUrl, SECRET_KEY: SECRET },
      input,
    });

  /** What a command prints with `--json`. */
  async function json(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await run([...args, '--json']);
    expect([code, JSON.parse(stderr)]).toEqual([0, { database: expect.any(String) }]);
    expect(stdout).toMatch(/^[^\n]+\n$/);
    return JSON.parse(stdout);
  }

  /** The error that a command reports with `--json`. */
  async function refused(...args: string[]): Promise<{ code: string; message: string }> {
    const { code, stdout, stderr } = await run([...args, '--json']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    const { error } = JSON.parse(stderr);
    expect(Object.keys(error)).toEqual(['code', 'message', 'exit_code']);
    return error;
  }

  async function sql(text: string, params: string[]): Promise<any[]> {
    const database = await Database.open({ url: running.databaseUrl });
    try {
      return await database.write(tx => tx.all(text, params));
    } finally {
      await database.close();
    }
  }

  test('user list should show every user and no hash', async () => {
    const [ada, grace] = [await newAccount(running.url), await newAccount(running.url)];
    const { users } = await json('user', 'list');
    expect(users.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([ada.name, grace.name]),
    );
    for (const user of users) {
      expect(Object.keys(user)).toEqual(['public_id', 'name', 'admin', 'disabled', 'created_at']);
    }
    const { stdout } = await run(['user', 'list']);
    expect(stdout.split('\n')).toHaveLength(users.length + 1);
    expect(stdout).toContain(ada.name);
  });

  test('user show should find a name in any spelling', async () => {
    const { name } = await newAccount(running.url);
    expect(await json('user', 'show', name.toUpperCase())).toMatchObject({ name, admin: false });
    expect((await run(['user', 'show', name])).stdout).toMatch(new RegExp(`^name +${name}$`, 'm'));
    expect(await refused('user', 'show', 'nothing')).toEqual({
      code: 'user_not_found',
      message: 'there is no user "nothing"',
      exit_code: 1,
    });
  });

  test('no command should print control characters of a name', async () => {
    const { name } = await newAccount(running.url);
    const evil = 'a\u001b[2Jb\u009bc\u202ed\u007f';
    await sql('UPDATE users SET name = $1 WHERE name = $2', [evil, name]);
    for (const args of [
      ['user', 'list'],
      ['user', 'list', '--json'],
      ['user', 'show', name],
      ['user', 'show', name, '--json'],
      ['user', 'show', evil],
      ['user', 'disable', name],
      ['user', 'enable', name],
    ]) {
      const { stdout, stderr } = await run(args);
      expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
    const { stdout } = await run(['user', 'show', name, '--json']);
    expect(JSON.parse(stdout).name).toBe(evil);
    await run(['user', 'remove', name]);
  });

  test('user remove should leave nothing of the account', async () => {
    const { name, token } = await newAccount(running.url);
    for (let book = 0; book < 300; book += 100) {
      const rows = Array.from({ length: 100 }, (_, index) => `A,B ${book + index}`);
      const answer = await call(running.url, 'POST', '/authors/import', {
        token,
        headers: { 'content-type': 'text/csv' },
        body: `name,book\n${rows.join('\n')}\n`,
      });
      expect(answer.status).toBe(200);
    }
    const [{ id }] = await sql('SELECT id FROM users WHERE name = $1', [name]);
    const removed = await json('user', 'remove', name);
    expect(removed).toMatchObject({ name, removed: true });
    for (const [table, column] of [
      ['users', 'id'],
      ['authors', 'owner_id'],
      ['sessions', 'user_id'],
    ]) {
      expect(await sql(`SELECT 1 FROM ${table} WHERE ${column} = $1`, [id])).toEqual([]);
    }
    expect((await call(running.url, 'GET', '/authors', { token })).status).toBe(401);
    expect((await refused('user', 'remove', name)).code).toBe('user_not_found');
  });

  test('user remove should keep the last admin', async () => {
    const name = freshName('Grace');
    await run(['user', 'add', name, '--admin'], PASSWORD);
    expect((await refused('user', 'remove', name)).code).toBe('last_admin');
    expect((await login(running.url, name, PASSWORD)).status).toBe(200);
  });

  test('token create should print a token once that works as its scopes say', async () => {
    const { name } = await newAccount(running.url);
    const { stdout, stderr, code } = await run([
      ...['token', 'create', '--user', name, '--scope', 'authors:read'],
      ...['--name', 'report', '--expires-in-days', '7'],
    ]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^library-api: [^\n]+\n$/)]);
    expect(stdout).toMatch(/^lib_pat_\w+\n$/);
    const token = stdout.trim();
    expect((await call(running.url, 'GET', '/authors', { token })).status).toBe(200);
    const author = { name: 'A', book: 'B' };
    const made = await call(running.url, 'POST', '/authors', { token, json: author });
    expect(made.status).toBe(403);

    const { token: session } = (await login(running.url, name, PASSWORD)).body;
    const { body } = await call(running.url, 'GET', '/tokens', { token: session });
    expect(body.tokens).toMatchObject([{ name: 'report', scopes: ['authors:read'] }]);
    const days = (Date.parse(body.tokens[0].expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    const events = await call(running.url, 'GET', '/users/me/events', { token: session });
    expect(events.body.events).toContainEqual(
      expect.objectContaining({ action: 'token.created', actor: 'cli', address: 'cli' }),
    );
    expect(JSON.stringify(events.body)).not.toContain(token);
  });

  test('token create should give the scopes of admins to admins only', async () => {
    const { name } = await newAccount(running.url);
    const args = ['token', 'create', '--user', name, '--scope', 'authors:read', 'metrics:read'];
    expect(await refused(...args)).toMatchObject({
      code: 'admin_required',
      message: expect.stringContaining(`"${name}" is not an admin`),
    });
    await run(['user', 'promote', name]);
    const { token, scopes } = await json(...args);
    expect(scopes).toEqual(['authors:read', 'metrics:read']);
    expect((await call(running.url, 'GET', '/metrics', { token })).status).toBe(200);
    await run(['user', 'demote', name]);
  });

  test.each([
    [['--scope', 'everything'], 'usage'],
    [[], 'usage'],
    [['--scope', 'authors:read', '--expires-in-days', '0'], 'validation_failed'],
    [['--scope', 'authors:read', '--expires-in-days', '1e2'], 'validation_failed'],
    [['--scope', 'authors:read', '--name', 'a\tb'], 'validation_failed'],
    [['--scope', 'authors:read', '--name', 'n'.repeat(51)], 'validation_failed'],
  ])('token create should refuse %j', async (flags, code) => {
    const { name } = await newAccount(running.url);
    expect((await refused('token', 'create', '--user', name, ...flags)).code).toBe(code);
  });

  test('token create should refuse a disabled user', async () => {
    const { name } = await newAccount(running.url);
    await run(['user', 'disable', name]);
    const args = ['token', 'create', '--user', name, '--scope', 'authors:read'];
    expect((await refused(...args)).message).toContain('is disabled');
  });

  test('events should print a line for each event, newest first, filtered', async () => {
    const { name } = await newAccount(running.url);
    await run(['user', 'disable', name]);
    await run(['user', 'enable', name]);
    const lines = async (...args: string[]): Promise<any[]> => {
      const { code, stdout } = await run(['events', '--json', ...args]);
      expect(code).toBe(0);
      return stdout.split('\n').filter(Boolean).map(line => JSON.parse(line)); // prettier-ignore
    };
    const actions = (events: any[]): string[] => events.map(({ action }) => action);
    expect(actions(await lines('--user', name))).toEqual([
      'user.enabled',
      'user.disabled',
      expect.any(String),
      'user.registered',
    ]);
    expect(actions(await lines('--user', name, '--limit', '1'))).toEqual(['user.enabled']);
    expect(actions(await lines('--user', name, '--action', 'user.disabled'))).toEqual([
      'user.disabled',
    ]);
    expect(await lines('--since', '2999-01-01')).toEqual([]);
    expect((await lines('--since', '1h', '--limit', '2')).length).toBe(2);
    const { stdout } = await run(['events', '--user', name, '--limit', '1']);
    expect(stdout).toMatch(/^\d{4}-\S+Z +user\.enabled +/);
    expect((await refused('events', '--limit', '0')).code).toBe('usage');
    expect((await refused('events', '--since', 'yesterday')).code).toBe('usage');
  });

  test('user add should refuse a password that Basic cannot carry', async () => {
    const { code, stderr } = await run(['user', 'add', freshName()], 'correct\thorse battery\n');
    expect([code, stderr]).toEqual([1, expect.stringContaining('control characters')]);
  });
});
