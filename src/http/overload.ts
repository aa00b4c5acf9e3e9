import type { IncomingMessage, RequestListener } from 'node:http';
import type { Config } from '../config/config.js';
import { METRICS } from '../metrics/metrics.js';
import { retryLater } from '../problems/problem.js';
import { bareAnswer } from './client-error.js';
import { corsFields } from './cors.js';
import { closeLingering } from './lingering-close.js';

/** A request that begins later than this in a turn of the event loop has waited for the others (milliseconds). */
const TURN_MS = 25;
/** A burst may last this long; afterwards late requests are refused. */
const BURST_MS = 500;

/** Tells for how long every turn of the event loop has been longer than TURN_MS. */
export class LoopWatch {
  /** When the first request of this turn began; undefined between turns. */
  #began?: number;
  #ended = 0;
  /** When the loop last had time. */
  #idleAt = 0;

  /** Call it at the begin of each request: whether it is late in an overload. */
  isLate(): boolean {
    const now = performance.now();
    if (this.#began === undefined) {
      this.#began = now;
      this.#idleAt = now - this.#ended > TURN_MS ? now : this.#idleAt;
      setImmediate(this.#end);
      return false;
    }
    return now - this.#began > TURN_MS && this.#began - this.#idleAt > BURST_MS;
  }

  readonly #end = (): void => {
    this.#ended = performance.now();
    if (this.#ended - this.#began! <= TURN_MS) {
      this.#idleAt = this.#ended;
    }
    this.#began = undefined;
  };
}

/** The same handler, which gets no request that is late in an overload: that costs a tenth of serving it. */
export function shedding(
  handler: RequestListener,
  { corsOrigins, publicUrl }: Pick<Config, 'corsOrigins' | 'publicUrl'>,
): RequestListener {
  const watch = new LoopWatch();
  return (request, response) => {
    if (!watch.isLate() || isForOperators(request)) {
      handler(request, response);
      return;
    }
    METRICS.shed.inc();
    const problem = retryLater('unavailable', 1, 'the server has too many requests; try again');
    const cors = corsFields(corsOrigins, request.headers.origin);
    const { status, headers, body } = bareAnswer(problem, request.url!, cors, publicUrl);
    if (hasBody(request)) {
      request.socket.destroySoon = () => closeLingering(request.socket);
    } else {
      delete headers.connection;
    }
    response.writeHead(status, headers).end(body);
  };
}

/** A probe that fails would make an orchestrator end a process that is only busy. */
function isForOperators({ url }: IncomingMessage): boolean {
  return /^\/(health\/|metrics)/.test(url!);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) > 0;
}
