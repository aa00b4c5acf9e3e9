import { describe, expect, it } from 'vitest';
import { METRICS, REGISTRY } from './metrics.js';
import { ReadGauge } from './read-gauge.js';
import { RequestDurations } from './request-durations.js';
import { AggregatorRegistry, Histogram, Registry } from 'prom-client';

const UNITS = /_(total|seconds|info|length|units|connections|waiting|threads|running|in_flight)$/;

describe('the table of metrics', () => {
  const metrics = Object.values(METRICS);

  it('follows the conventions of Prometheus for names', async () => {
    for (const { name, type } of await REGISTRY.getMetricsAsJSON()) {
      expect(name).toMatch(/^(library_api|http)_[a-z_]+$/);
      expect(name).toMatch(UNITS);
      expect([name, name.endsWith('_total')]).toEqual([name, String(type) === 'counter']);
    }
    expect(metrics).toHaveLength((await REGISTRY.getMetricsAsJSON()).length);
  });

  // The best of ten rounds, because other programs share the machine.
  it.each([
    ['a counter', () => METRICS.logins.inc({ result: 'failed', lane: 'stranger' })],
    ['a histogram', () => METRICS.commitTime.observe(0.003)],
    ['a request', () => METRICS.httpDuration.observe('GET', '/authors', 200, 0.003)],
  ])('records %s in less than 1 µs', (_, record) => {
    const rounds = Array.from({ length: 10 }, () => {
      const since = performance.now();
      for (let count = 0; count < 20_000; count += 1) {
        record();
      }
      return (performance.now() - since) / 20;
    });
    expect(Math.min(...rounds)).toBeLessThan(1);
  });
});

describe('the durations of requests', () => {
  const options = { name: 'd', help: 'help', buckets: [0.1, 1] };

  it('read as a histogram of prom-client, also when processes are added up', async () => {
    const [ours, theirs] = [new Registry(), new Registry()];
    const durations = new RequestDurations({ ...options, register: ours });
    const labelNames = ['method', 'route', 'status'];
    const histogram = new Histogram({ ...options, labelNames, registers: [theirs] });
    for (const [method, route, status, seconds] of [
      ['GET', '/a', 200, 0.1],
      ['GET', '/a', 200, 0.5],
      ['GET', '/a', 404, 7],
      ['PUT', '/a', 200, 0.01],
      ['GET', '/b', 200, 1.01],
    ] as const) {
      durations.observe(method, route, status, seconds);
      histogram.observe({ method, route, status: String(status) }, seconds);
    }
    expect(await values(ours)).toEqual(await values(theirs));
    expect(await values(await twice(ours))).toEqual(await values(await twice(theirs)));
  });

  async function twice(registry: Registry): Promise<Registry> {
    const metrics = await registry.getMetricsAsJSON();
    return AggregatorRegistry.aggregate([metrics, metrics] as never);
  }

  /** Without the order of labels, which means nothing. */
  async function values(registry: Registry): Promise<string[]> {
    const lines = (await registry.metrics()).split('\n');
    return lines.map(line =>
      line.replace(/\{.*\}/, all => all.slice(1, -1).split(',').toSorted().join()),
    );
  }
});

describe('a gauge that is read', () => {
  const gauge = (labelNames: string[] = []): ReadGauge =>
    new ReadGauge({ name: 'gauge', help: 'help', labelNames, registers: [new Registry()] });
  const values = async (of: ReadGauge): Promise<object> =>
    (await of.get()).values.map(({ labels, value }) => ({ ...labels, value }));

  it('shows the sum over its objects, each time anew', async () => {
    const [one, other, read] = [{ n: 1 }, { n: 2 }, gauge()];
    [one, other].forEach(each => read.of(each, ({ n }) => n));
    expect(await values(read)).toEqual([{ value: 3 }]);
    one.n = 5;
    expect(await values(read)).toEqual([{ value: 7 }]);
  });

  it('has a value for each value of its label', async () => {
    const [owner, read] = [{}, gauge(['state'])];
    read.of(owner, () => ({ busy: 1, idle: 2 }));
    expect(await values(read)).toEqual([
      { state: 'busy', value: 1 },
      { state: 'idle', value: 2 },
    ]);
  });

  it('leaves out what cannot be read', async () => {
    const [owner, read] = [{}, gauge()];
    read.of(owner, () => Promise.reject(new Error('the database is away')));
    read.of(owner, async () => 1);
    expect(await values(read)).toEqual([{ value: 1 }]);
  });

  it('is 0 without objects', async () => {
    expect(await values(gauge())).toEqual([{ value: 0 }]);
  });
});
