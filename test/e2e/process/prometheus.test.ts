import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ADMIN, withFirstAdmin } from '../../support/admin.js';
import { call, newAccount } from '../../support/client.js';
import { ROOT, ServerProcess, runBuilt } from '../../support/process.js';

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

interface Result {
  status: string;
  data: { result: unknown[]; activeTargets?: { health: string; lastError: string }[] };
}

const isInstalled = spawnSync('prometheus', ['--version']).error === undefined;

/** Panels that are empty while nothing goes wrong. */
const QUIET = ['Refused or aborted', 'Imports'];

// A real Prometheus (Debian: prometheus) with the example of deploy/.
describe.skipIf(!isInstalled)('Prometheus', { timeout: 60_000 }, () => {
  let place: string;
  let server: ServerProcess;
  let prometheus: ChildProcess;
  let api: string;

  beforeAll(async () => {
    place = mkdtempSync(path.join(tmpdir(), 'library-api-prometheus-'));
    server = await ServerProcess.start({ cwd: place, env: withFirstAdmin() });
    const command = ['token', 'create', '--user', ADMIN, '--scope', 'metrics:read'];
    const { stdout } = await runBuilt('cli.js', command, { cwd: place });
    writeFileSync(path.join(place, 'library-api.token'), stdout);
    cpSync(`${ROOT}deploy/alerts.yml`, path.join(place, 'alerts.yml'));
    const example = readFileSync(`${ROOT}deploy/prometheus.yml`, 'utf8');
    const config = example.replace('15s', '1s').replace('127.0.0.1:3000', new URL(server.url).host);
    const often = 'global: { evaluation_interval: 1s }';
    writeFileSync(path.join(place, 'prometheus.yml'), `${often}\n${config}`);
    const port = await freePort();
    api = `http://127.0.0.1:${port}/api/v1`;
    prometheus = spawn(
      'prometheus',
      ['--config.file=prometheus.yml', `--web.listen-address=127.0.0.1:${port}`],
      { cwd: place, stdio: 'ignore' },
    );
    await vi.waitFor(async () => expect((await ask('status/buildinfo')).status).toBe('success'), {
      timeout: 20_000,
      interval: 200,
    });
  }, 60_000);

  afterAll(async () => {
    const ended = once(prometheus, 'exit');
    prometheus.kill('SIGTERM');
    await Promise.all([ended, server.stop()]);
    rmSync(place, { recursive: true });
  });

  const ask = async (route: string): Promise<Result> =>
    (await (await fetch(`${api}/${route}`)).json()) as Result;

  const query = async (expr: string): Promise<Result> =>
    ask(`query?query=${encodeURIComponent(expr)}`);

  test('scrapes with a token that may read nothing else', async () => {
    const token = readFileSync(path.join(place, 'library-api.token'), 'utf8').trim();
    expect((await call(server.url, 'GET', '/authors', { token })).status).toBe(403);
    await vi.waitFor(
      async () => {
        const { data } = await ask('targets');
        expect(data.activeTargets).toMatchObject([{ health: 'up', lastError: '' }]);
      },
      { timeout: 10_000, interval: 200 },
    );
  });

  test('fills every panel of the dashboard', async () => {
    const { panels } = JSON.parse(readFileSync(`${ROOT}deploy/grafana.json`, 'utf8')) as {
      panels: Panel[];
    };
    const filled = (expr: string): string =>
      expr
        .replaceAll('$__rate_interval', '10s')
        .replaceAll('$__range', '1m')
        .replaceAll('$job', 'library-api')
        .replaceAll('$instance', '.*');
    const empty = async (): Promise<string[]> => {
      const { token } = await newAccount(server.url);
      await call(server.url, 'GET', '/authors', { token });
      const titles: string[] = [];
      for (const { title, targets = [] } of panels) {
        const answers = await Promise.all(targets.map(({ expr }) => query(filled(expr))));
        expect([title, ...answers.map(({ status }) => status)]).not.toContain('error');
        if (!answers.some(({ data }) => data.result.length > 0) && targets.length > 0) {
          titles.push(title);
        }
      }
      return titles.filter(title => !QUIET.includes(title));
    };
    await vi.waitFor(async () => expect(await empty()).toEqual([]), {
      timeout: 30_000,
      interval: 500,
    });
  });

  test('loads the alerts, of which only the one for the missing backup waits', async () => {
    await vi.waitFor(
      async () => {
        const { data } = await query('count by (alertname) (ALERTS)');
        expect(data.result).toMatchObject([{ metric: { alertname: 'LibraryApiBackupOld' } }]);
        expect(data.result).toHaveLength(1);
      },
      { timeout: 10_000, interval: 200 },
    );
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
