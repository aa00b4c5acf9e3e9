import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { SECRET } from '../support/app.js';
import { PASSWORD } from '../support/client.js';
import { freshDatabase } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { ROOT, run } from '../support/process.js';
import { stepsOf } from '../readme/walk.js';
import { emptyDirectory } from './command-line.js';

const RUNBOOK = readFileSync(`${ROOT}docs/runbook.md`, 'utf8');
const BLOCKS = stepsOf(RUNBOOK).map(({ command }) => command);

/** What root runs: a service that is a process of the test, its log, and an installation that changes nothing. */
const STAND_INS = {
  systemctl: `case $1 in stop | restart) kill -INT "$(cat pid)" && while kill -0 "$(cat pid)"; do sleep 0.05; done ;; esac 2>/dev/null
case $1 in start | restart) library-api serve >>log 2>&1 </dev/null & echo $! >pid ;; esac`,
  journalctl: 'cat log',
  npm: '[ "$*" = "install --global --prefix /usr/local ./library-api-server-0.1.0.tgz" ]',
  'library-api': `exec '${process.execPath}' '${ROOT}bin/library-api.js' "$@"`,
};

describe('docs/runbook.md', { timeout: 180_000 }, () => {
  const directory = emptyDirectory();
  const dataDir = path.join(directory, 'data');
  let target: FreshDatabase;
  let env: Record<string, string>;

  beforeAll(async () => {
    target = await freshDatabase(inject('postgresUrl') === undefined ? 'sqlite' : 'postgres');
    const bin = path.join(directory, 'bin');
    mkdirSync(bin);
    for (const [name, script] of Object.entries(STAND_INS)) {
      writeFileSync(path.join(bin, name), `#!/bin/bash\n${script}\n`);
      chmodSync(path.join(bin, name), 0o755);
    }
    writeFileSync(path.join(directory, 'secret_key'), `${SECRET}\n`);
    const lines = ['SECRET_KEY_FILE=secret_key', `PORT=${await freePort()}`, 'LOG_FORMAT=json', ''];
    writeFileSync(path.join(directory, '.env'), lines.join('\n'));
    env = { PATH: `${bin}:${process.env.PATH}`, DATA_DIR: dataDir };
    const bob = ['user', 'add', 'bob'];
    const options = { cwd: directory, env, input: PASSWORD };
    expect((await run('library-api', bob, options)).code).toBe(0);
  });
  afterAll(async () => {
    await run('systemctl', ['stop', 'library-api'], { cwd: directory, env });
    await target.remove();
  });

  test('runs, command by command', async () => {
    const port = /PORT=(\d+)/.exec(readFileSync(path.join(directory, '.env'), 'utf8'))![1];
    const script = BLOCKS.join('\n')
      .replaceAll('/etc/library-api', directory)
      .replaceAll('/var/lib/library-api', dataDir)
      .replaceAll('localhost:3000', `127.0.0.1:${port}`)
      .replace(/^TARGET=.*$/m, `TARGET='${target.url}'`);
    const options = { cwd: directory, env, input: `${PASSWORD}\n` };
    const { code, stdout, stderr } = await run('bash', ['--norc', '-e', '-c', script], options);
    expect([
      code,
      stderr.replaceAll(/^library-api: (used the database|copied from) .*\n/gm, ''),
    ]).toEqual([0, '']);
    expect(stdout.match(/\{"status":"ok"\}/g)).toHaveLength(6);
    expect(stdout).toMatch(/^process [\d.]+ s\nand database [\d.]+ s$/m);
    expect(stdout).toMatch(/^library_api_hash_queue_length\{lane="stranger"\} 0$/m);
    expect(stdout).toMatch(/^ok +secret key/m);
    expect(stdout).toMatch(/^ok +backup/m);
    expect(stdout).toMatch(/"route":"\/health\/ready","status":\d+,"duration_ms"/);
    expect(stdout).toMatch(/  bob/);
  });

  test('has a section for each occasion, on one page', () => {
    expect([...RUNBOOK.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
      'Start',
      'Watch',
      'Back up',
      'Restore',
      'Rotate',
      'Upgrade',
      'Move',
      'When it is slow',
      'When it is attacked',
    ]);
    expect(RUNBOOK.split('\n').length).toBeLessThan(175);
  });

  test('says where to look for each alert', () => {
    const alerts = readFileSync(`${ROOT}deploy/alerts.yml`, 'utf8').matchAll(
      /alert: LibraryApi(\w+)/g,
    );
    const named = new Set(
      [...RUNBOOK.matchAll(/`(?:LibraryApi|…)(\w+)`/g)].map(([, name]) => name),
    );
    expect([...alerts].map(([, name]) => name).filter(name => !named.has(name))).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
