import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SECRET, databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { Database } from '../../src/database/database.js';
import { cli, emptyDirectory } from './command-line.js';

interface Finding {
  check: string;
  status: string;
  detail: string;
  advice?: string;
}

async function examine(cwd: string, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await cli('doctor --json', cwd, { env });
  const { checks } = JSON.parse(stdout) as { checks: Finding[] };
  const found = (check: string): Finding => checks.find(each => each.check === check)!;
  const failed = checks.filter(({ status }) => status === 'failed').map(({ check }) => check);
  for (const { status, advice } of checks) {
    expect(advice === undefined).toBe(status === 'ok');
  }
  return { code, checks, found, failed, error: JSON.parse(stderr).error };
}

describe.each(databases())('doctor, while a server runs on %s', { timeout: 60_000 }, kind => {
  let running: RunningApp;
  let env: Record<string, string>;
  let database: Database;

  beforeAll(async () => {
    running = await startApp(kind);
    env = { DATABASE_URL: running.databaseUrl, SECRET_KEY: SECRET };
    database = await Database.open({ url: running.databaseUrl });
  });
  afterAll(async () => {
    await database.close();
    await running.close();
  });

  const change = (sql: string): Promise<number> => database.write(tx => tx.run(sql));

  test('should find nothing wrong with a new installation', async () => {
    const { code, checks, failed } = await examine(running.dataDir, env);
    expect([code, failed]).toEqual([0, []]);
    expect(checks.map(({ check }) => check)).toEqual([
      ...['node', 'configuration', 'permissions', 'database', 'schema', 'disk'],
      ...['integrity', 'size', ...(kind === 'postgres' ? ['pooler'] : []), 'clock'],
      ...['secret key', 'key age', 'admin', 'backup'],
    ]);
  });

  test('should say so if the key is another', async () => {
    const other = Buffer.from(SECRET).toString('hex');
    const { code, failed, error } = await examine(running.dataDir, { ...env, SECRET_KEY: other });
    expect([code, failed]).toEqual([1, ['secret key']]);
    expect(error).toMatchObject({ code: 'checks_failed', exit_code: 1 });
  });

  test('should know when the last backup was made, and how old the keys are', async () => {
    expect((await examine(running.dataDir, env)).found('backup').status).toBe('warning');
    await cli(['backup', path.join(running.dataDir, 'b.db')], running.dataDir, { env });
    expect((await examine(running.dataDir, env)).found('backup').status).toBe('ok');
    const monthAgo = Date.now() - 30 * 86_400_000;
    await change(`UPDATE events SET at = ${monthAgo} WHERE action = 'backup.made'`);
    const year = 400 * 86_400_000;
    await change(`UPDATE signing_keys SET created_at = created_at - ${year}`);
    const { code, found } = await examine(running.dataDir, env);
    expect(code).toBe(0);
    expect(found('backup')).toMatchObject({ status: 'warning', detail: /30 days/ });
    expect(found('key age')).toMatchObject({ status: 'warning', detail: /400 days/ });
  });

  test('should report a schema of another version', async () => {
    await change(`INSERT INTO migrations (timestamp, name) VALUES (9, 'Later9')`);
    const newer = await examine(running.dataDir, env);
    expect([newer.code, newer.failed]).toEqual([1, ['schema']]);
    await change(`DELETE FROM migrations WHERE name = 'Later9'`);
    await change(`DELETE FROM migrations WHERE timestamp = 1700000000100`);
    const older = await examine(running.dataDir, env);
    expect(older.found('schema').detail).toMatch(/^missing migrations: 1 of \d+$/);
    expect(older.code).toBe(1);
  });
});

describe('doctor on SQLite', { timeout: 60_000 }, () => {
  const directory = emptyDirectory();
  let cwd: string;
  beforeEach(async () => {
    cwd = path.join(
      directory,
      expect.getState().currentTestName!.replaceAll(/\W+/g, '-').slice(-60),
    );
    mkdirSync(cwd);
    await cli('migrate', cwd);
    await cli('keys list', cwd);
  });
  const file = (name: string): string => path.join(cwd, 'data', name);

  test('should change nothing', async () => {
    const state = (): object =>
      Object.fromEntries(
        readdirSync(file('')).map(name => [name, readFileSync(file(name), 'hex')]),
      );
    const before = state();
    expect((await examine(cwd)).failed).toEqual([]);
    expect(state()).toEqual(before);
  });

  test('should find a damaged page', async () => {
    const bytes = readFileSync(file('library.db'));
    bytes.fill(0xee, 3 * 4096, bytes.length);
    writeFileSync(file('library.db'), bytes);
    const { code, failed } = await examine(cwd);
    expect(code).toBe(1);
    expect(failed.some(check => ['integrity', 'database'].includes(check))).toBe(true);
  });

  test('should find a file that is no database', async () => {
    writeFileSync(
      file('library.db'),
      'not a database, but long enough to have a header of 100 bytes'.repeat(9),
    );
    expect(await examine(cwd)).toMatchObject({ code: 1, failed: ['database'] });
  });

  test('should find a missing key, and create none', async () => {
    rmSync(file('secret.key'));
    expect(await examine(cwd)).toMatchObject({ code: 1, failed: ['secret key'] });
    expect(readdirSync(file(''))).toEqual(['library.db']);
  });

  test('should find files that others can read', async () => {
    chmodSync(file(''), 0o755);
    chmodSync(file('secret.key'), 0o644);
    const { code, found } = await examine(cwd);
    expect([code, found('permissions').status]).toEqual([0, 'warning']);
    expect(found('permissions').detail).toContain(file('secret.key'));
  });

  test('should find a row from the future', async () => {
    const database = await Database.open({ url: `sqlite:${file('library.db')}` });
    const at = Date.now() + 3_600_000;
    await database.run(
      `INSERT INTO events (at, action, address, detail) VALUES (${at}, 'x', 'x', '{}')`,
    );
    await database.close();
    expect(await examine(cwd)).toMatchObject({ code: 1, failed: ['clock'] });
  });

  test('should report a wrong configuration as the server does', async () => {
    const { code, failed, error } = await examine(cwd, { PORT: 'x' });
    expect([code, failed]).toEqual([78, ['configuration']]);
    expect(error.code).toBe('configuration');
  });

  test('should print words for people', async () => {
    const { stdout, stderr } = await cli('doctor', cwd);
    expect(stdout).toMatch(/^ok +integrity +every page is intact$/m);
    expect(stdout).toMatch(/^warning +backup +.*run the command backup/m);
    expect(stderr).toBe(`library-api: used the database ${file('library.db')}\n`);
  });
});

describe.runIf(databases().includes('postgres'))('doctor on PostgreSQL', () => {
  let pooler: Server;
  let running: RunningApp;

  /** Answers for the server, under another process id: as a pooler does. */
  beforeAll(async () => {
    running = await startApp('postgres');
    const { hostname, port, searchParams } = new URL(running.databaseUrl);
    const directory = searchParams.get('host');
    const place =
      directory === null
        ? { host: hostname, port: Number(port || 5432) }
        : { path: `${directory}/.s.PGSQL.${port || 5432}` };
    pooler = createServer(client => {
      const server = connect(place);
      client.pipe(server).on('error', () => client.destroy());
      client.on('error', () => server.destroy());
      server.on('data', chunk => {
        const key = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
        if (key >= 0) {
          chunk.writeInt32BE(1, key + 5);
        }
        client.write(chunk);
      });
      server.on('end', () => client.end());
    });
    await new Promise<void>(resolve => pooler.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    pooler.close();
    await running.close();
  });

  test('should notice a pooler', async () => {
    const url = new URL(running.databaseUrl);
    const direct = await examine(running.dataDir, { DATABASE_URL: url.href, SECRET_KEY: SECRET });
    expect(direct.found('pooler').detail).toMatch(/^none/);
    url.search = '';
    url.hostname = '127.0.0.1';
    url.port = String((pooler.address() as AddressInfo).port);
    const behind = await examine(running.dataDir, { DATABASE_URL: url.href, SECRET_KEY: SECRET });
    expect(behind.failed).toEqual([]);
    expect(behind.found('pooler').detail).toMatch(/^a pooler/);
  });

  test('should say that a server is away, without the password', async () => {
    const env = { DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/x', SECRET_KEY: SECRET };
    const { stdout, code } = await cli('doctor', running.dataDir, { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^failed +database +the database postgres:\/\/127.0.0.1:1\/x cannot be reached/m,
    );
    expect(stdout).not.toContain('hidden');
  });
});
