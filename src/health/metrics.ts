import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AggregatorRegistry, collectDefaultMetrics } from 'prom-client';
import { METRICS, REGISTRY } from '../metrics/metrics.js';
import { retryLater } from '../problems/problem.js';

/** A server process asks with `ask`; the process that started it answers with `sum`, without a text if that failed. */
interface MetricsMessage {
  readonly metrics: 'ask' | 'sum';
  readonly text?: string;
}

/** Counts requests, and gives Prometheus the metrics of the product and of Node. */
@Injectable()
export class Metrics {
  #sum: Promise<string> | undefined;

  constructor() {
    if (REGISTRY.getSingleMetric('process_cpu_seconds_total') === undefined) {
      collectDefaultMetrics({ register: REGISTRY });
    }
    AggregatorRegistry.setRegistries(REGISTRY);
    // An application counts its requests from zero, also if the process had another before.
    METRICS.httpDuration.reset();
    METRICS.httpAborted.reset();
  }

  get contentType(): string {
    return REGISTRY.contentType;
  }

  /** Counts a request that has ended. The route is its pattern, so that ids in paths make no series. */
  observe(request: FastifyRequest, reply: FastifyReply, isAborted: boolean): void {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const { method } = request;
    METRICS.httpDuration.observe(method, route, reply.statusCode, reply.elapsedTime / 1000);
    if (isAborted) {
      METRICS.httpAborted.inc({ method, route });
    }
  }

  /** The metrics of this process, or with WEB_CONCURRENCY their sum over all processes. */
  text(): Promise<string> {
    if (!cluster.isWorker) {
      return REGISTRY.metrics();
    }
    // Requests that arrive together share one sum.
    this.#sum ??= askForSum().finally(() => (this.#sum = undefined));
    return this.#sum;
  }
}

function askForSum(): Promise<string> {
  return new Promise((resolve, reject) => {
    const onMessage = ({ metrics, text }: MetricsMessage): void => {
      if (metrics !== 'sum') {
        return;
      }
      process.off('message', onMessage);
      if (text === undefined) {
        reject(retryLater('unavailable', 1, 'a server process did not report its metrics'));
      } else {
        resolve(text);
      }
    };
    process.on('message', onMessage);
    process.send!({ metrics: 'ask' } satisfies MetricsMessage);
  });
}

/** In the process that starts the others: sends each that asks the sum of all their metrics. */
export function sumMetrics(): void {
  const registry = new AggregatorRegistry();
  cluster.on('message', (worker: Worker, { metrics }: MetricsMessage) => {
    if (metrics !== 'ask') {
      return;
    }
    const answer = (text?: string): void => {
      if (worker.isConnected()) {
        worker.send({ metrics: 'sum', text } satisfies MetricsMessage);
      }
    };
    registry.clusterMetrics().then(answer, () => answer());
  });
}
