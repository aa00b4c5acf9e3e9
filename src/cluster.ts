import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { sumMetrics } from './health/metrics.js';

/** A process that ends sooner than this after its start counts as failed (milliseconds). */
const STABLE_MS = 10_000;
/** This many failures in a row, with no process left that serves, end the product. */
const FAILURES = 5;
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 10_000;

/** The message of a process that listens, to the process that started it. */
interface Listening {
  readonly url: string;
}

/**
 * Runs `count` server processes that share one port, and replaces each that ends. The first starts alone: it migrates,
 * and reports a fault of the configuration or the database once, with its exit code. SIGTERM and SIGINT drain all of
 * them; the exit code is 0 if all closed cleanly. A second signal ends them at once.
 */
export function serveWithProcesses(
  count: number,
  log: Logger,
  announce: (url: string) => void,
): void {
  new Processes(count, log, announce).start();
}

/** Whether this process starts the others and serves nothing itself. */
export function startsProcesses(count: number): boolean {
  return count > 1 && cluster.isPrimary;
}

/** Reports to the process that started this one that it listens. False if this is the only process. */
export function reportListening(url: string): boolean {
  return cluster.isWorker && (process.send?.({ url } satisfies Listening) ?? false);
}

class Processes {
  /** The ids of the processes that listen. */
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
    // Each process accepts connections itself: one handed over to a process that dies would hang forever.
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

  /** The last process has already printed why it ended. */
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
    // As a message, because a terminal may have sent the signal to all; a process that still starts reads none.
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
