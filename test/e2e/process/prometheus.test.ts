import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { withFirstAdmin } from '../../support/admin.js';
import { call, newAccount } from '../../support/client.js';
import { ServerProcess } from '../../support/process.js';
import { PANELS, Prometheus } from '../../support/prometheus.js';

/** Panels that are empty while nothing goes wrong. */
const QUIET = ['Refused or aborted', 'Imported lines per second'];

describe.skipIf(!Prometheus.isInstalled)('Prometheus', { timeout: 60_000 }, () => {
  let place: string;
  let server: ServerProcess;
  let prometheus: Prometheus;

  beforeAll(async () => {
    place = mkdtempSync(path.join(tmpdir(), 'library-api-prometheus-'));
    server = await ServerProcess.start({ cwd: place, env: withFirstAdmin() });
    prometheus = await Prometheus.start(server.url, place);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([prometheus.stop(), server.stop()]);
    rmSync(place, { recursive: true });
  });

  test('scrapes with a token that may read nothing else', async () => {
    const token = readFileSync(path.join(place, 'library-api.token'), 'utf8').trim();
    expect((await call(server.url, 'GET', '/authors', { token })).status).toBe(403);
    await vi.waitFor(
      async () => {
        const { data } = await prometheus.ask('targets');
        expect(data.activeTargets).toMatchObject([{ health: 'up', lastError: '' }]);
      },
      { timeout: 10_000, interval: 200 },
    );
  });

  test('fills every panel of the dashboard', async () => {
    const empty = async (): Promise<string[]> => {
      const { token } = await newAccount(server.url);
      await call(server.url, 'GET', '/authors', { token });
      const titles: string[] = [];
      for (const { title, targets = [] } of PANELS) {
        const answers = await Promise.all(targets.map(({ expr }) => prometheus.query(expr)));
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
        const { data } = await prometheus.query('count by (alertname) (ALERTS)');
        expect(data.result).toMatchObject([{ metric: { alertname: 'LibraryApiBackupOld' } }]);
        expect(data.result).toHaveLength(1);
      },
      { timeout: 10_000, interval: 200 },
    );
  });
});
