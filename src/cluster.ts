import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { sumMetrics } from './health/metrics.js';

/** A process that ends sooner than this after its start counts as one that does not stay up (milliseconds). */
const STABLE_MS = 10_000;
/** So many of those in a row, and none left that serves, end the product. */
const FAILURES = 5;
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 10_000;

/** What a process tells the first one, once it listens. */
interface Listening {
  readonly url: string;
}

/**
 * Runs `count` server processes that share one port, and puts another in the place of one that ends. The first one
 * starts alone: it migrates, and a fault of the configuration or of the database is said once and gives its exit code.
 * SIGTERM and SIGINT drain them all; exit code 0 where all of them closed well. A second signal ends them at once.
 */
export function serveWithProcesses(
  count: number,
  log: Logger,
  announce: (url: string) => void,
): void {
  new Processes(count, log, announce).start();
}

/** Whether this process is to start the others, and serves nothing itself. */
export function startsProcesses(count: number): boolean {
  return count > 1 && cluster.isPrimary;
}

/** Tells the process that started this one that it listens. False where nobody did: this is the only one. */
export function reportListening(url: string): boolean {
  return cluster.isWorker && (process.send?.({ url } satisfies Listening) ?? false);
}

class Processes {
  /** Those that listen, by their number in the cluster. */
  readonly #serving = new Set<number>();
  #announced = '';
  #failures = 0;
  #exitCode = 0;
  #leaving = false;

  constructor(
    private readonly count: number,
    private readonly log: Logger,
    private readonly announce: (url: string) => void,
  ) {}

  start(): void {
    // Each process takes connections itself. Where the first one hands them out, one that was on its way to a process
    // that is killed is neither answered nor closed, and its client waits for ever.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    sumMetrics();
    process.on('SIGTERM', signal => this.#leave(signal));
    process.on('SIGINT', signal => this.#leave(signal));
    this.#fork();
  }

  #fork(): void {
    if (this.#leaving) {
      return;
    }
    const worker = cluster.fork();
    const since = performance.now();
    worker.on('message', ({ url }: Partial<Listening>) => {
      if (url !== undefined) {
        this.#listens(worker, url);
      }
    });
    worker.once('exit', (code, signal) => {
      this.#ended(worker, signal || code, performance.now() - since);
    });
  }

  #listens(worker: Worker, url: string): void {
    const isFirst = this.#announced === '';
    this.#serving.add(worker.id);
    if (url !== this.#announced) {
      this.#announced = url;
      this.announce(url);
    }
    if (isFirst) {
      for (let others = this.count - 1; others > 0; others -= 1) {
        this.#fork();
      }
    }
  }

  #ended(worker: Worker, how: number | string, lived: number): void {
    const hasServed = this.#serving.delete(worker.id);
    if (this.#leaving) {
      this.#exitCode ||= hasServed && how !== 0 ? 1 : 0;
      this.#exitAfterLast();
      return;
    }
    this.#failures = lived < STABLE_MS ? this.#failures + 1 : 0;
    const isHopeless = this.#announced === '' || this.#failures >= FAILURES;
    if (isHopeless && this.#serving.size === 0) {
      this.#giveUp(how);
      return;
    }
    const delay = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.log.error({ process: worker.process.pid, ended: how, delay }, 'a server process ended');
    setTimeout(() => this.#fork(), delay);
  }

  /** The last process has said why it ended. */
  #giveUp(how: number | string): void {
    this.#exitCode = typeof how === 'number' && how !== 0 ? how : 1;
    this.#leaving = true;
    killAll();
    this.#exitAfterLast();
  }

  #leave(signal: NodeJS.Signals): void {
    if (this.#leaving) {
      killAll();
      process.exit(1);
    }
    this.#leaving = true;
    // Not as a signal, which a terminal or a service manager may have sent to all of them already; but one that still
    // starts hears nothing else.
    for (const worker of workers()) {
      if (this.#serving.has(worker.id)) {
        worker.send(signal);
      } else {
        worker.process.kill(signal);
      }
    }
    this.#exitAfterLast();
  }

  #exitAfterLast(): void {
    if (workers().length === 0) {
      this.log.flush();
      process.exit(this.#exitCode);
    }
  }
}

function killAll(): void {
  workers().forEach(worker => worker.process.kill('SIGKILL'));
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined);
}
