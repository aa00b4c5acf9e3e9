import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, vi } from 'vitest';
import { ADMIN } from './admin.js';
import { ROOT, runBuilt } from './process.js';

export interface Series {
  metric: Record<string, string>;
  /** Seconds and value, of an instant. */
  value: [number, string];
  /** The same, of a range. */
  values: [number, string][];
}
export interface Result {
  status: string;
  data: { result: Series[]; activeTargets?: { health: string; lastError: string }[] };
}
/** A text for a range of values. */
export interface Mapping {
  options: { from: number; result: { text: string } };
}
export interface Panel {
  type: string;
  title: string;
  targets?: { expr: string; legendFormat?: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string; mappings?: Mapping[] } };
}

/** The panels of deploy/grafana.json. */
export const PANELS = (
  JSON.parse(readFileSync(`${ROOT}deploy/grafana.json`, 'utf8')) as { panels: Panel[] }
).panels;

/** A real Prometheus (Debian: prometheus) with the example of deploy/, but it scrapes each second. */
export class Prometheus {
  static readonly isInstalled = spawnSync('prometheus', ['--version']).error === undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly api: string,
  ) {}

  /** `place` is the directory of the server, whose admin is `ADMIN`. */
  static async start(url: string, place: string): Promise<Prometheus> {
    const command = ['token', 'create', '--user', ADMIN, '--scope', 'metrics:read'];
    const { stdout } = await runBuilt('cli.js', command, { cwd: place });
    writeFileSync(path.join(place, 'library-api.token'), stdout);
    cpSync(`${ROOT}deploy/alerts.yml`, path.join(place, 'alerts.yml'));
    const example = readFileSync(`${ROOT}deploy/prometheus.yml`, 'utf8');
    const config = example.replace('15s', '1s').replace('127.0.0.1:3000', new URL(url).host);
    const often = 'global: { evaluation_interval: 1s }';
    writeFileSync(path.join(place, 'prometheus.yml'), `${often}\n${config}`);
    const port = await freePort();
    const child = spawn(
      'prometheus',
      [
        '--config.file=prometheus.yml',
        `--web.listen-address=127.0.0.1:${port}`,
        '--storage.tsdb.path=series',
      ],
      { cwd: place, stdio: 'ignore' },
    );
    const prometheus = new Prometheus(child, `http://127.0.0.1:${port}/api/v1`);
    await vi.waitFor(
      async () => expect((await prometheus.ask('status/buildinfo')).status).toBe('success'),
      { timeout: 20_000, interval: 200 },
    );
    return prometheus;
  }

  async ask(route: string): Promise<Result> {
    return (await (await fetch(`${this.api}/${route}`)).json()) as Result;
  }

  /** An expression as Grafana would ask it, now. */
  query(expr: string): Promise<Result> {
    return this.ask(`query?query=${encodeURIComponent(filled(expr))}`);
  }

  /** The same for a range of seconds since 1970. */
  queryRange(expr: string, start: number, end: number): Promise<Result> {
    const query = encodeURIComponent(filled(expr));
    return this.ask(`query_range?query=${query}&start=${start}&end=${end}&step=1`);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}

function filled(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$__range', '1m')
    .replaceAll('$job', 'library-api')
    .replaceAll('$instance', '.*');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
