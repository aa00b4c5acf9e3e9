import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SECRET } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import { ROOT, ServerProcess, run, runBuilt } from '../../support/process.js';

describe('a server on SQLite', () => {
  let cwd: string;
  let dataDir: string;

  beforeEach(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-deployment-'));
    dataDir = path.join(cwd, 'data');
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  test.each([
    ['new', (): void => undefined],
    [
      'that others could read',
      (): void => writeFileSync(path.join(dataDir, 'library.db'), '', { mode: 0o644 }),
    ],
  ])(
    'keeps a database %s, and its log, for its owner, in a directory of mode 0755',
    async (_, prepare) => {
      mkdirSync(dataDir, { mode: 0o755 });
      prepare();
      const server = await ServerProcess.start({ cwd });
      await newAccount(server.url);
      const modes = readdirSync(dataDir).map(file => [
        file,
        (statSync(path.join(dataDir, file)).mode & 0o777).toString(8),
      ]);
      await server.stop();
      expect(modes.map(([file]) => file).toSorted()).toEqual([
        'library.db',
        'library.db-shm',
        'library.db-wal',
        'secret.key',
      ]);
      expect(modes.filter(([, mode]) => mode !== '600')).toEqual([]);
    },
  );

  test('puts temporary files into DATA_DIR', async () => {
    // Without the file system's own places, as with a read-only root.
    const script = `
      const { useForTemporaryFiles } = await import('${ROOT}dist/config/directories.js');
      useForTemporaryFiles(process.argv[1]);
      const { Driver } = await import('${ROOT}dist/database/sqlite-driver.js');
      const db = new Driver(':memory:');
      db.exec("PRAGMA temp_store = FILE; PRAGMA temp.cache_size = 1; CREATE TEMP TABLE t (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT randomblob(1000) FROM n");
      const { readdirSync, readlinkSync } = await import('node:fs');
      for (const fd of readdirSync('/proc/self/fd')) {
        try { const to = readlinkSync('/proc/self/fd/' + fd); if (to.includes('etilqs')) console.log(to); } catch {}
      }`;
    mkdirSync(dataDir);
    const args = ['--input-type=module', '-e', script, dataDir];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: ROOT });
    expect(stderr).toBe('');
    expect(stdout).toContain(path.join(dataDir, 'etilqs'));
  });

  test.each([
    ['DATA_DIR=/proc/x', { DATA_DIR: '/proc/x' }, 78],
    [
      'a database below /proc',
      { DATABASE_URL: 'sqlite:/proc/x/y/library.db', SECRET_KEY: SECRET },
      1,
    ],
    [
      'ADMIN_PASSWORD_FILE=/nonexistent',
      { ADMIN_NAME: 'root', ADMIN_PASSWORD_FILE: '/nonexistent' },
      78,
    ],
  ])('ends with one line for %s, and touches nothing', async (_, env, exitCode) => {
    const { code, stderr } = await runBuilt('main.js', [], { cwd, env });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(exitCode);
    expect(existsSync(dataDir)).toBe(false);
  });

  test('ends within 2 s of SIGTERM though 50 connections never sent a whole request', async () => {
    const server = await ServerProcess.start({ cwd });
    const { port } = new URL(server.url);
    const sockets: Socket[] = [];
    for (let index = 0; index < 50; index += 1) {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      if (index % 5 === 0) {
        socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n');
      }
      sockets.push(socket);
    }
    expect((await call(server.url, 'GET', '/health/live')).status).toBe(200);
    const since = performance.now();
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(performance.now() - since).toBeLessThan(2_000);
    sockets.forEach(socket => socket.destroy());
  });
});
