import { Gauge } from 'prom-client';
import type { GaugeConfiguration } from 'prom-client';

/** A value, or one for each value of the gauge's only label. */
type Values = number | Readonly<Record<string, number>>;

/** A gauge whose objects are asked when Prometheus asks; it shows their sum. Costs nothing in between. */
export class ReadGauge extends Gauge {
  readonly #sources: (() => Values | Promise<Values> | undefined)[] = [];

  constructor(configuration: GaugeConfiguration<string>) {
    const read = (): Promise<void> => this.#read(configuration.labelNames?.[0]);
    super({ ...configuration, collect: read });
  }

  /** Asks `owner` by `values` until it is garbage. A value that cannot be had is left out. */
  of<T extends object>(owner: T, values: (owner: T) => Values | Promise<Values>): void {
    const living = new WeakRef(owner);
    this.#sources.push(() => {
      const here = living.deref();
      return here && values(here);
    });
  }

  async #read(label?: string): Promise<void> {
    const read = await Promise.allSettled(this.#sources.map(async source => source()));
    this.reset();
    for (const each of read) {
      const values = each.status === 'fulfilled' ? each.value : undefined;
      if (typeof values === 'number') {
        this.inc(values);
      } else if (values !== undefined && label !== undefined) {
        Object.entries(values).forEach(([name, value]) => this.inc({ [label]: name }, value));
      }
    }
  }
}
