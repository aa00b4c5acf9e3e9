import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import type { DestinationStream, Level, Logger } from 'pino';
import type { Config } from '../config/config.js';
import { METRICS } from '../metrics/metrics.js';
import { REDACTED, SECRET_MEMBERS, logData } from './log-data.js';
import { prettyLines } from './pretty-log.js';

/**
 * Writes lines in batches, after 100 ms at the latest and before an exit. A pipe takes up to 4096 bytes at once, so
 * that processes which share it do not break each other's lines.
 */
export const STANDARD_OUTPUT = {
  fd: 1,
  sync: false,
  minLength: 3072,
  maxWrite: 4096,
  periodicFlush: 100,
  // Bytes in memory while no one reads; further lines are lost.
  maxLength: 8_000_000,
} as const;

const asGiven = (value: unknown): unknown => value;

/**
 * The log of the process: JSON lines on standard output, or text for people. Redacts the fields of `log-data.ts`, but
 * no secret inside a message.
 */
export function createLogger(
  config: Pick<Config, 'logLevel' | 'logFormat'>,
  destination: DestinationStream = config.logFormat === 'pretty' ? prettyOutput() : jsonOutput(),
): Logger {
  return pino(
    {
      level: config.logLevel,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }), log: logData },
      // Fastify and pino would treat the result of `logData` as an Error or a Request.
      serializers: { err: asGiven, req: asGiven, res: asGiven },
      // Formatters do not see the bindings of child loggers.
      redact: { paths: SECRET_MEMBERS.map(name => `["${name}"]`), censor: REDACTED },
    },
    destination,
  );
}

let json: DestinationStream | undefined;

/** One for all loggers of the process. */
function jsonOutput(): DestinationStream {
  json ??= countingLosses(pino.destination(STANDARD_OUTPUT));
  return json;
}

/** Goes on without a log if standard output takes no more, as when its disk is full. */
function countingLosses(output: ReturnType<typeof pino.destination>): DestinationStream {
  const lose = (): boolean => {
    METRICS.logLinesLost.inc();
    return true;
  };
  const flushSync = output.flushSync.bind(output);
  let isFull = false;
  output.on('drop', lose);
  output.on('write', () => (isFull = false));
  output.on('error', (error: NodeJS.ErrnoException) => {
    isFull = true;
    if (error.code === 'EPIPE') {
      output.write = lose;
    }
  });
  // At an exit, sonic-boom would repeat a write to a full disk forever.
  output.flushSync = () => void (isFull || flushSync());
  return output;
}

/** Writes at once: people watch. */
function prettyOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true });
  return { write: line => output.write(prettyLines(line)) };
}

/** Nest logs what it builds at every start; that matters only if the start fails. */
const NEST_INTERNALS = new Set([
  'NestFactory',
  'NestApplication',
  'NestApplicationContext',
  'InstanceLoader',
  'InjectorLogger',
  'PackageLoader',
  'MiddlewareModule',
  'RoutesResolver',
  'RouterExplorer',
  'FastifyAdapter',
]);

const STACK = /^.*\n\s+at /;

/** Nest's `Logger` on top of the log of the process. The last text is the context, as in Nest's logger. */
export class NestLogger implements LoggerService {
  readonly error = this.#at('error');
  readonly warn = this.#at('warn');
  readonly debug = this.#at('debug');
  readonly verbose = this.#at('trace');
  readonly fatal = this.#at('fatal');

  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.#write(NEST_INTERNALS.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  #at(level: Level) {
    return (message: unknown, ...rest: unknown[]): void => this.#write(level, message, rest);
  }

  #write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const stack = rest.find(item => typeof item === 'string' && STACK.test(item));
    const others = rest.filter(item => item !== stack && item !== undefined);
    const context = typeof others.at(-1) === 'string' ? others.pop() : undefined;
    for (const said of [message, ...others]) {
      if (said instanceof Error) {
        this.logger[level]({ context, err: said }, said.message);
      } else if (typeof said === 'object') {
        this.logger[level]({ context, stack, ...said });
      } else {
        this.logger[level]({ context, stack }, String(said));
      }
    }
  }
}
