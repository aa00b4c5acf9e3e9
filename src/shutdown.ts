import cluster from 'node:cluster';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { Lifecycle } from './health/lifecycle.js';

/** How long the server accepts connections after SIGTERM, so that a balancer sees it is not ready (milliseconds). */
const LEAVE_MS = 1_000;
const SWEEP_MS = 50;

/**
 * On SIGTERM or SIGINT: reports not ready, finishes requests in flight, closes, and exits with 0. A second signal, or
 * work that takes longer than `timeout` milliseconds, ends the process at once with 1. A process started by another
 * one gets the first signal as a message and ignores the signals themselves, which a terminal sends to both.
 */
export function shutDown(app: NestFastifyApplication, timeout: number, log: Logger): void {
  let leaving = false;
  const leave = (signal: NodeJS.Signals): void => {
    if (leaving) {
      if (!cluster.isWorker) {
        process.exit(1);
      }
      return;
    }
    leaving = true;
    void close(app, signal, timeout, log).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the close failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  process.on('message', (order: unknown) => {
    if (cluster.isWorker && (order === 'SIGTERM' || order === 'SIGINT')) {
      leave(order);
    }
  });
}

async function close(
  app: NestFastifyApplication,
  signal: NodeJS.Signals,
  timeout: number,
  log: Logger,
): Promise<void> {
  log.info({ signal }, 'closing');
  app.get(Lifecycle).drain();
  if (signal === 'SIGTERM') {
    await new Promise(resolve => setTimeout(resolve, LEAVE_MS));
  }
  setTimeout(() => {
    log.error({ timeout }, 'requests in flight were cut off: they took too long');
    process.exit(1);
  }, timeout).unref();
  const { server } = app.getHttpAdapter().getInstance();
  // A connection that was busy when the close began would delay it until its keep-alive ends.
  const sweeper = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await app.close();
  clearInterval(sweeper);
  log.info('closed');
  log.flush();
}
