import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databases, SECRET } from '../../support/app.js';
import { PASSWORD, call, newAccount } from '../../support/client.js';
import { Collector } from '../../support/collector.js';
import { freshDatabase } from '../../support/fresh-database.js';
import { ROOT, ServerProcess, runBuilt } from '../../support/process.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const SERVER = 2;
const CLIENT = 3;

describe.each(databases())('traces on %s', kind => {
  let cwd: string;
  let collector: Collector;
  let server: ServerProcess;
  let database: Awaited<ReturnType<typeof freshDatabase>>;

  beforeEach(async () => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-traces-'));
    collector = await Collector.start();
    database = await freshDatabase(kind);
  });
  afterEach(async () => {
    await server.stop();
    collector.close();
    await database.remove();
    rmSync(cwd, { recursive: true });
  });

  const start = async (env: Record<string, string> = {}) => {
    const { url } = database;
    server = await ServerProcess.start({
      cwd,
      env: {
        DATABASE_URL: url,
        SECRET_KEY: SECRET,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        ...env,
      },
    });
    return server.url;
  };

  test('lead from the request to the statement', async () => {
    const url = await start({
      OTEL_SERVICE_NAME: 'books',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    const { token, name } = await newAccount(url);
    const json = { name: 'Paul Lynch', book: 'Prophet Song', country: 'Ireland' };
    const headers = { traceparent: PARENT, 'x-request-id': 'r-1' };
    const created = await call(url, 'POST', '/authors?dry=1', { token, json });
    expect(created.status).toBe(400);
    const { id } = (await call(url, 'POST', '/authors', { token, json, headers })).body;
    await call(url, 'GET', `/authors/${id}?secret=1`, { token });
    await call(url, 'GET', `/authors/${id}`, { token });
    await call(url, 'GET', `/users/${PASSWORD}`, { token });
    await call(url, 'GET', '/authors/export?format=csv', { token });
    await server.stop();

    expect([...collector.paths]).toEqual(['/v1/traces']);
    const trace = collector.trace(TRACE);
    const request = trace.find(span => span.kind === SERVER)!;
    expect(request).toMatchObject({
      name: 'POST /authors',
      parentSpanId: '00f067aa0ba902b7',
      resource: { 'service.name': 'books', 'deployment.environment.name': 'test' },
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/authors',
        'url.path': '/authors',
        'url.scheme': 'http',
        'http.response.status_code': 201,
        'http.response.header.x-request-id': ['r-1'],
      },
    });
    const statements = trace.filter(span => span.kind === CLIENT);
    expect(statements.map(({ attributes }) => attributes['db.system.name'])).toContain(
      kind === 'sqlite' ? 'sqlite' : 'postgresql',
    );
    const insert = statements.find(span => span.name === 'INSERT authors')!;
    expect(insert.attributes['db.query.text']).toMatch(/^INSERT INTO "?authors/);
    const above = new Map(trace.map(span => [span.spanId, span.parentSpanId]));
    let top = insert.spanId;
    while (above.get(top) !== undefined && above.has(above.get(top)!)) {
      top = above.get(top)!;
    }
    expect(top).toBe(request.spanId);

    const paths = collector.spans.map(({ attributes }) => attributes['url.path']);
    expect(paths).toContain(`/authors/${id}`);
    const names = new Set(collector.spans.map(span => span.name));
    expect([...names]).toEqual(
      expect.arrayContaining(['GET /authors/:id', 'GET /authors/export', 'transaction']),
    );
    expect(collector.spans.filter(span => span.kind === CLIENT).length).toBeGreaterThan(5);
    for (const secret of [
      token,
      token.split('.')[2],
      PASSWORD,
      name,
      'Lynch',
      'Prophet',
      'dry',
      SECRET,
    ]) {
      expect([secret.length, collector.text.includes(secret)]).toEqual([secret.length, false]);
    }
  });

  test('keep apart requests that overlap', async () => {
    const url = await start();
    const { token } = await newAccount(url);
    const ids = Array.from({ length: 20 }, (_, index) => String(index).padStart(32, 'a'));
    await Promise.all(
      ids.map((id, index) =>
        call(url, 'POST', '/authors', {
          token,
          json: { name: `A${index}`, book: 'B', country: 'C' },
          headers: { traceparent: `00-${id}-00f067aa0ba902b7-01` },
        }),
      ),
    );
    await server.stop();
    for (const id of ids) {
      const names = collector.trace(id).map(span => span.name);
      expect(names.filter(name => name === 'POST /authors')).toHaveLength(1);
      expect(names.filter(name => name === 'INSERT authors')).toHaveLength(1);
    }
  });

  test('follow the sampler, which .env may name', async () => {
    writeFileSync(path.join(cwd, '.env'), 'OTEL_TRACES_SAMPLER=parentbased_always_off\n');
    const url = await start();
    await call(url, 'GET', '/health/ready');
    await call(url, 'GET', '/health/ready', { headers: { traceparent: PARENT } });
    await server.stop();
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  });
});

/** Prints how many files of OpenTelemetry were loaded, but for its API, which prom-client needs. */
const REPORT = `import { createRequire } from 'node:module';
  process.on('exit', () => process.stderr.write(String(Object.keys(createRequire('${ROOT}')
    .cache).filter(file => file.includes('opentelemetry') && !file.includes('opentelemetry/api/')).length)));`;

describe('without traces', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-traces-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  test.each([
    ['by default', {}, false],
    ['if the SDK is disabled', { OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp' }, false],
    [
      'without an exporter',
      { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'x' },
      false,
    ],
    ['unless an exporter is named', { OTEL_TRACES_EXPORTER: 'otlp' }, true],
  ])('OpenTelemetry is not loaded %s', async (_, env, isLoaded) => {
    const program = [`--import=data:text/javascript,${encodeURIComponent(REPORT)}`];
    const server = await ServerProcess.start({
      cwd,
      env: env as Record<string, string>,
      program: [...program, `${ROOT}dist/main.js`],
    });
    await newAccount(server.url);
    const since = performance.now();
    // A collector that is away keeps no server from its end.
    expect(await server.stop()).toBe(0);
    expect(performance.now() - since).toBeLessThan(8_000);
    expect(Number(server.stderr.match(/\d+$/)![0]) > 0).toBe(isLoaded);
  });

  test.each([
    ['OTEL_TRACES_EXPORTER', 'jaeger'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ])('a start refuses a %s that the product lacks', async (name, value) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', [name]: value };
    const { code, stderr } = await runBuilt('main.js', [], { cwd, env });
    expect([code, stderr]).toEqual([
      78,
      expect.stringMatching(`^library-api: ${name} is "${value}"`),
    ]);
  });
});
