import { describe, expect, it } from 'vitest';
import { METRICS, REGISTRY } from './metrics.js';
import { ReadGauge } from './read-gauge.js';
import { Registry } from 'prom-client';

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
    [
      'a request',
      () =>
        METRICS.httpDuration.observe({ method: 'GET', route: '/authors', status: '200' }, 0.003),
    ],
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
