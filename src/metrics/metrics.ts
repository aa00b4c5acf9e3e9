import { createRequire } from 'node:module';
import { AggregatorRegistry, Counter, Gauge, Histogram } from 'prom-client';
import type { PrometheusContentType } from 'prom-client';
import { ReadGauge } from './read-gauge.js';
import { RequestDurations } from './request-durations.js';

/** All metrics of the process. The process that starts the others adds theirs up, by `aggregator`. */
export const REGISTRY = new AggregatorRegistry<PrometheusContentType>();

const registers = [REGISTRY];

const SHORT_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Every metric of the product; docs/operations.md has the same table. */
export const METRICS = {
  buildInfo: new Gauge({
    name: 'library_api_build_info',
    help: 'Always 1; the labels are the versions of the product and of Node',
    labelNames: ['version', 'node'],
    aggregator: 'first',
    registers,
  }),
  httpDuration: new RequestDurations({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    register: REGISTRY,
  }),
  httpAborted: new Counter({
    name: 'http_requests_aborted_total',
    help: 'Requests whose client left or read too slowly to get the whole answer',
    labelNames: ['method', 'route'],
    registers,
  }),
  httpInFlight: new ReadGauge({
    name: 'http_requests_in_flight',
    help: 'Requests that have no complete answer yet',
    registers,
  }),
  shed: new Counter({
    name: 'library_api_requests_shed_total',
    help: 'Requests refused with 503 because the process had more than it can serve',
    registers,
  }),
  securityEvents: new Counter({
    name: 'library_api_security_events_total',
    help: 'Security events, such as session.refresh_reused, token.created and token.revoked',
    labelNames: ['event'],
    registers,
  }),
  logins: new Counter({
    name: 'library_api_logins_total',
    help: 'Logins that succeeded, failed or were throttled, by the lane that admitted them',
    labelNames: ['result', 'lane'],
    registers,
  }),
  throttled: new Counter({
    name: 'library_api_throttled_total',
    help: 'Requests refused with 429, by the limit that they met',
    labelNames: ['limit'],
    registers,
  }),
  quotasMet: new Counter({
    name: 'library_api_quotas_met_total',
    help: 'Requests refused and connections closed because of a quota, by the variable that sets it',
    labelNames: ['quota'],
    registers,
  }),
  hashQueue: new ReadGauge({
    name: 'library_api_hash_queue_length',
    help: 'Passwords that wait for a thread',
    labelNames: ['lane'],
    registers,
  }),
  hashWait: new Histogram({
    name: 'library_api_hash_wait_seconds',
    help: 'How long a password waited for a thread',
    labelNames: ['lane'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers,
  }),
  hashRefused: new Counter({
    name: 'library_api_hash_refused_total',
    help: 'Passwords refused with 503 because the queue was full or the wait too long',
    labelNames: ['lane'],
    registers,
  }),
  writerQueue: new ReadGauge({
    name: 'library_api_writer_queue_length',
    help: 'Units of work that wait for the SQLite writer',
    registers,
  }),
  batchUnits: new Histogram({
    name: 'library_api_batch_units',
    help: 'Units of work that shared a commit on SQLite',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  }),
  commitTime: new Histogram({
    name: 'library_api_commit_seconds',
    help: 'Duration of a COMMIT',
    buckets: SHORT_S,
    registers,
  }),
  poolConnections: new ReadGauge({
    name: 'library_api_pool_connections',
    help: 'Connections to PostgreSQL that are in use or idle',
    labelNames: ['state'],
    registers,
  }),
  poolWaiting: new ReadGauge({
    name: 'library_api_pool_waiting',
    help: 'Requests that wait for a connection to PostgreSQL',
    registers,
  }),
  readerThreads: new ReadGauge({
    name: 'library_api_reader_threads',
    help: 'Threads for long statements on SQLite that are busy or idle',
    labelNames: ['state'],
    registers,
  }),
  importsRunning: new ReadGauge({
    name: 'library_api_imports_running',
    help: 'Imports in progress',
    registers,
  }),
  importRows: new Counter({
    name: 'library_api_import_rows_total',
    help: 'Lines of finished imports that were created, updated, skipped or faulty',
    labelNames: ['result'],
    registers,
  }),
  logLinesLost: new Counter({
    name: 'library_api_log_lines_lost_total',
    help: 'Log lines that standard output did not take',
    registers,
  }),
  lastBackup: new ReadGauge({
    name: 'library_api_last_backup_timestamp_seconds',
    help: 'When the command line last made a backup; 0 if never',
    aggregator: 'max',
    registers,
  }),
} as const;

/** Counted by http/request-end.ts, which sees the begin and the end of every request. */
export const inFlight = { requests: 0 };
METRICS.httpInFlight.of(inFlight, ({ requests }) => requests);

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
METRICS.buildInfo.set({ version, node: process.versions.node }, 1);
