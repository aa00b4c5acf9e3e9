import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

type Value = { stringValue?: string; intValue?: number; arrayValue?: { values: Value[] } };
interface Attribute {
  key: string;
  value: Value;
}
interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: Attribute[];
  status: { code?: number };
}
interface Sent {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: SentSpan[] }[] }[];
}

export interface CollectedSpan extends Omit<SentSpan, 'attributes'> {
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
}

/** Takes spans as OTLP in JSON, as an OpenTelemetry collector does. */
export class Collector {
  readonly spans: CollectedSpan[] = [];
  /** All that was sent, as it was. */
  text = '';
  readonly paths = new Set<string>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      void request
        .setEncoding('utf8')
        .toArray()
        .then(parts => {
          const text = parts.join('');
          this.text += text;
          this.paths.add(request.url!);
          this.#collect(JSON.parse(text) as Sent);
          response.setHeader('content-type', 'application/json').end('{}');
        });
    });
  }

  static async start(): Promise<Collector> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Collector(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The spans of a trace, the caller first. */
  trace(traceId: string): CollectedSpan[] {
    return this.spans.filter(span => span.traceId === traceId);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  #collect({ resourceSpans }: Sent): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const attributes = asObject(span.attributes);
        this.spans.push({ ...span, attributes, resource: asObject(resource.attributes) });
      }
    }
  }
}

function asObject(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: Value): unknown {
  return value.arrayValue?.values.map(plain) ?? value.stringValue ?? value.intValue;
}
