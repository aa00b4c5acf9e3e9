import cluster from 'node:cluster';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { Lifecycle } from './health/lifecycle.js';

/** How long after SIGTERM connections are still taken, so that a balancer can see that we are not ready (milliseconds). */
const LEAVE_MS = 1_000;
const SWEEP_MS = 50;

/**
 * On SIGTERM or SIGINT: not ready any more, requests in flight are finished, everything is closed, exit code 0.
 * A second signal ends the process at once, as does work that takes longer than `timeout` milliseconds, with 1.
 * Where another process started this one, that one counts the signals: it passes the first on as a message, and the
 * signal itself, which a terminal sends to both, changes nothing more.
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
  // A connection that was busy when the close began and idles now would hold it up until its keep-alive ends.
  const sweeper = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await app.close();
  clearInterval(sweeper);
  log.info('closed');
  log.flush();
}
