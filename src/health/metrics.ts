import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AggregatorRegistry, Counter, Histogram, collectDefaultMetrics } from 'prom-client';
import type { PrometheusContentType } from 'prom-client';
import { retryLater } from '../problems/problem.js';

/** A server process asks with `ask`; the process that started it answers with `sum`, without a text if that failed. */
interface MetricsMessage {
  readonly metrics: 'ask' | 'sum';
  readonly text?: string;
}

/** What Prometheus reads: requests by route, method and status, and what Node reports about itself. */
@Injectable()
export class Metrics {
  readonly #registry = new AggregatorRegistry<PrometheusContentType>();
  readonly #duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.#registry],
  });
  readonly #aborted = new Counter({
    name: 'http_requests_aborted_total',
    help: 'Requests whose answer was not sent to its end, because the client left or read too slowly',
    labelNames: ['method', 'route'] as const,
    registers: [this.#registry],
  });
  #sum: Promise<string> | undefined;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    AggregatorRegistry.setRegistries(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts a request that has ended. The route is its pattern, so that ids in paths make no series. */
  observe(request: FastifyRequest, reply: FastifyReply, isAborted: boolean): void {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const { method } = request;
    const labels = { method, route, status: String(reply.statusCode) };
    this.#duration.observe(labels, reply.elapsedTime / 1000);
    if (isAborted) {
      this.#aborted.inc({ method, route });
    }
  }

  /** The metrics of this process, or with WEB_CONCURRENCY their sum over all processes. */
  text(): Promise<string> {
    if (!cluster.isWorker) {
      return this.#registry.metrics();
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
