import type { Metric, MetricValueWithName, Registry } from 'prom-client';

interface Series {
  readonly method: string;
  readonly status: number;
  /** Requests in each bucket, and in the last one those beyond. */
  readonly counts: number[];
  sum: number;
}

interface Options {
  readonly name: string;
  readonly help: string;
  readonly buckets: readonly number[];
  readonly register: Registry;
}

/** A histogram by method, route and status. prom-client's makes a text of the labels for each value: 1 µs. */
export class RequestDurations {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly labelNames = ['method', 'route', 'status'] as const;
  readonly name: string;
  readonly help: string;
  readonly #buckets: readonly number[];
  readonly #routes = new Map<string, Series[]>();

  constructor({ name, help, buckets, register }: Options) {
    this.name = name;
    this.help = help;
    this.#buckets = buckets;
    register.registerMetric(this as unknown as Metric);
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    const series = this.#series(method, route, status);
    let bucket = 0;
    while (bucket < this.#buckets.length && seconds > this.#buckets[bucket]) {
      bucket += 1;
    }
    series.counts[bucket] += 1;
    series.sum += seconds;
  }

  /** As prom-client's registry asks. */
  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = [...this.#routes].flatMap(([route, all]) =>
      all.flatMap(series => this.#valuesOf(route, series)),
    );
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.#routes.clear();
  }

  #series(method: string, route: string, status: number): Series {
    let known = this.#routes.get(route);
    if (known === undefined) {
      known = [];
      this.#routes.set(route, known);
    }
    let series = known.find(each => each.status === status && each.method === method);
    if (series === undefined) {
      series = {
        method,
        status,
        counts: Array(this.#buckets.length + 1).fill(0) as number[],
        sum: 0,
      };
      known.push(series);
    }
    return series;
  }

  #valuesOf(route: string, { method, status, counts, sum }: Series): MetricValueWithName<string>[] {
    const labels = { method, route, status: String(status) };
    let count = 0;
    const buckets = counts.map((more, index) => {
      count += more;
      const le = this.#buckets[index] ?? '+Inf';
      return { labels: { le, ...labels }, value: count, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${this.name}_sum` },
      { labels, value: count, metricName: `${this.name}_count` },
    ];
  }
}
