import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { METRICS, REGISTRY } from '../../src/metrics/metrics.js';
import { ROOT } from '../support/process.js';

const text = (file: string): string => readFileSync(ROOT + file, 'utf8');

interface Rule {
  alert: string;
  expr: string;
}

const { groups } = load(text('deploy/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap(group => group.rules);

interface Panel {
  targets?: { expr: string }[];
}
const { panels } = JSON.parse(text('deploy/grafana.json')) as { panels: Panel[] };
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Every series that a scrape can have. */
async function series(): Promise<Set<string>> {
  const node = new Registry();
  collectDefaultMetrics({ register: node });
  const metrics = [...(await REGISTRY.getMetricsAsJSON()), ...(await node.getMetricsAsJSON())];
  const names = metrics.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? ['_bucket', '_count', '_sum'].map(end => name + end) : [name],
  );
  return new Set([...names, 'up', 'process_max_fds', 'process_open_fds']);
}

/** The metrics that an expression names. */
const metricsIn = (expr: string): string[] =>
  expr.replaceAll(/"[^"]*"|\b(by|without) \([^)]*\)/g, '').match(/\b[a-z]\w*(?=\{)/g) ?? [];

test('docs/operations.md has every metric, with its type, labels and meaning', async () => {
  const rows = (await REGISTRY.getMetricsAsJSON()).map(({ name, type, help }) => {
    const { labelNames } = REGISTRY.getSingleMetric(name) as unknown as { labelNames: string[] };
    const labels = labelNames.map(label => `\`${label}\``).join(', ');
    return [`\`${name}\``, String(type), labels, help.replaceAll('|', '\\|')];
  });
  const documented = [
    ...text('docs/operations.md').matchAll(/^\| (`(?:library_api|http)_.*) \|$/gm),
  ];
  expect(documented.map(([, row]) => row.split(/\s*\|\s*/).map(cell => cell.trim()))).toEqual(rows);
});

test('alerts and dashboard use only metrics that exist', async () => {
  const known = await series();
  const used = [...rules.map(({ expr }) => expr), ...shown].flatMap(metricsIn);
  expect(used.filter(name => !known.has(name))).toEqual([]);
  expect(rules.filter(({ expr }) => metricsIn(expr).length === 0)).toEqual([]);
});

test('the dashboard shows every metric of the product', () => {
  const used = new Set(
    shown.flatMap(metricsIn).map(name => name.replace(/_(bucket|count|sum)$/, '')),
  );
  const names = Object.values(METRICS).map(metric => (metric as unknown as { name: string }).name);
  expect(names.filter(name => !used.has(name))).toEqual([]);
});

test('docs/operations.md names every alert', () => {
  const named = [...text('docs/operations.md').matchAll(/^\| `(LibraryApi\w+)`/gm)];
  expect(named.map(([, alert]) => alert)).toEqual(rules.map(({ alert }) => alert));
});

describe('deploy/alerts.yml', () => {
  const promtool = (...args: string[]) =>
    spawnSync('promtool', args, { cwd: `${ROOT}deploy`, encoding: 'utf8' });

  test('fires each alert when it should, and only then', context => {
    const { error, status, stdout, stderr } = promtool('test', 'rules', 'alerts.test.yml');
    if (error !== undefined) {
      context.skip('promtool is not installed (Debian: prometheus)');
    }
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
    const tested = text('deploy/alerts.test.yml').matchAll(/alertname="(\w+)"/g);
    expect([...tested].map(([, name]) => name)).toEqual(rules.map(({ alert }) => alert));
  });

  test('fires by a configuration that Prometheus accepts', context => {
    const { error, status, stderr } = promtool(
      'check',
      'config',
      '--syntax-only',
      'prometheus.yml',
    );
    if (error !== undefined) {
      context.skip('promtool is not installed (Debian: prometheus)');
    }
    expect([status, stderr]).toEqual([0, '']);
  });
});
