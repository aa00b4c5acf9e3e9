import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import { ConfigError } from '../config/config-error.js';
import { summaryOf, withoutValues } from './statement-text.js';

type Rows = AsyncGenerator<unknown>;

/** A request, while its span is open. */
export interface TracedRequest {
  /** Runs `next` so that the spans that it starts belong to the request. */
  run(next: () => void): void;
  end(status: number, isAborted: boolean): void;
}

/** The methods of a store or a connection whose first argument is a statement, or a slice with one. */
const STATEMENTS = new Set<PropertyKey>([
  ...['all', 'get', 'query', 'run', 'change', 'allLong', 'runSlice'],
]);

/** How OpenTelemetry names our databases. */
const SYSTEMS = { sqlite: 'sqlite', postgres: 'postgresql' } as const;

type Dialect = keyof typeof SYSTEMS;

/** How long a shutdown waits for the last spans to be sent: a collector that is away must not delay it. */
const LAST_SPANS_MS = 2_000;

/** Spans of requests, units of work and statements, sent as OpenTelemetry's standard variables say. */
export class Tracing {
  private constructor(
    private readonly tracer: Tracer,
    /** Sends the spans that wait, for 2 s at most. */
    readonly end: () => Promise<void>,
  ) {}

  /** Loads OpenTelemetry's packages. Throws ConfigError if they are not installed. */
  static async start(): Promise<Tracing> {
    const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
    const [{ OTLPTraceExporter }, resources, sdk] = await loadPackages();
    const { detectResources, envDetector, resourceFromAttributes } = resources;
    const service = { 'service.name': 'library-api', 'service.version': version };
    const provider = new sdk.NodeTracerProvider({
      resource: resourceFromAttributes(service).merge(
        detectResources({ detectors: [envDetector] }),
      ),
      spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
    });
    provider.register();
    const last = (): Promise<void> => provider.shutdown().catch(() => undefined);
    return new Tracing(provider.getTracer('library-api', version), () =>
      Promise.race([last(), sleep(LAST_SPANS_MS, undefined, { ref: false })]),
    );
  }

  /** Starts the span of a request, in the trace that its `traceparent` names. */
  request(name: string, attributes: Attributes, headers: object): TracedRequest {
    const caller = propagation.extract(ROOT_CONTEXT, headers);
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller);
    const own = trace.setSpan(caller, span);
    return {
      run: next => context.with(own, next),
      end: (status, isAborted) => {
        span.setAttribute('http.response.status_code', status);
        if (isAborted || status >= 500) {
          fail(span, isAborted ? 'aborted' : String(status));
        }
        span.end();
      },
    };
  }

  /** The same store or connection, with a span around each statement and unit of work of a request. */
  traced<T extends { dialect: Dialect }>(target: T): T {
    return new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') {
          return value;
        }
        const act = (...args: unknown[]): unknown => Reflect.apply(value, of, args);
        if (name === 'write') {
          return (work: unknown) =>
            this.#within(
              () => this.#transaction(),
              () => act(work),
            );
        }
        const statement = (sql: string) => () => this.#statement(sql, of.dialect);
        if (name === 'stream') {
          return (sql: string, params: unknown) =>
            this.#stream(statement(sql), () => act(sql, params) as Rows);
        }
        return !STATEMENTS.has(name)
          ? act
          : (slice: string | { sql: string }, ...rest: unknown[]) => {
              const sql = typeof slice === 'string' ? slice : slice.sql;
              return this.#within(statement(sql), () => act(slice, ...rest));
            };
      },
    });
  }

  /** Runs `work` in a span, if it belongs to a request that is traced. */
  #within(start: () => Span, work: () => unknown): unknown {
    if (!isTraced()) {
      return work();
    }
    const span = start();
    return settle(
      () => context.with(trace.setSpan(context.active(), span), work),
      () => span.end(),
      error => failWith(span, error),
    );
  }

  async *#stream(start: () => Span, open: () => Rows): Rows {
    const span = isTraced() ? start() : undefined;
    try {
      yield* open();
    } catch (error) {
      failWith(span, error);
      throw error;
    } finally {
      span?.end();
    }
  }

  #transaction(): Span {
    return this.tracer.startSpan('transaction');
  }

  #statement(sql: string, dialect: Dialect): Span {
    const summary = summaryOf(sql);
    const attributes = {
      'db.system.name': SYSTEMS[dialect],
      'db.query.summary': summary,
      'db.query.text': withoutValues(sql),
    };
    return this.tracer.startSpan(summary, { kind: SpanKind.CLIENT, attributes });
  }
}

/** Whether the running code belongs to a request that the sampler chose. */
function isTraced(): boolean {
  return trace.getActiveSpan()?.isRecording() === true;
}

/** The message of an error may have values of the statement, so the span gets the code. */
function failWith(span: Span | undefined, error: unknown): void {
  const { code, name } = error as { code?: string; name?: string };
  fail(span, code ?? name ?? '_OTHER');
}

function fail(span: Span | undefined, type: string): void {
  span?.setAttribute('error.type', type);
  span?.setStatus({ code: SpanStatusCode.ERROR });
}

/** Calls `end` after `work`, which may return a promise or not, and before it `failed` if `work` fails. */
function settle(work: () => unknown, end: () => void, failed: (error: unknown) => void): unknown {
  const failWithEnd = (error: unknown): never => {
    failed(error);
    end();
    throw error;
  };
  try {
    const result = work();
    if (!(result instanceof Promise)) {
      end();
      return result;
    }
    return result.then(value => {
      end();
      return value as unknown;
    }, failWithEnd);
  } catch (error) {
    return failWithEnd(error);
  }
}

function loadPackages() {
  return Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-node'),
  ]).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') {
      throw error;
    }
    throw new ConfigError(
      'OTEL_TRACES_EXPORTER',
      'needs packages that are not installed: see docs/operations.md, Traces',
    );
  });
}
