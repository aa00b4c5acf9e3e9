import type { LoggerService } from '@nestjs/common';
import { pino, stdSerializers } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Config } from '../config/config.js';

/** Nothing under these names is ever written; header fields and members of bodies alike. */
const SECRET_NAMES = [
  'authorization',
  'cookie',
  'x-access-tokens',
  'x-device-token',
  'x-login-ticket',
  'idempotency-key',
  'password',
  'current_password',
  'new_password',
  'token',
  'refresh_token',
  'device_token',
  'secret',
] as const;

const paths = SECRET_NAMES.flatMap(name => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

/** Lines wait for company until they are so many bytes, or a quarter of a second old. */
const BUFFER = { minLength: 4096, periodicFlush: 250 } as const;

/** The process's log: JSON lines on the standard output, or readable ones with LOG_FORMAT=pretty. */
export function createLogger(
  { logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>,
  destination?: DestinationStream,
): Logger {
  const options = {
    level: logLevel,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths, censor: '[redacted]' },
    serializers: { err: stdSerializers.err },
  };
  if (destination !== undefined) {
    return pino(options, destination);
  }
  if (logFormat === 'pretty') {
    const transport = {
      target: 'pino-pretty',
      options: { translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' },
    };
    return pino({ ...options, transport });
  }
  return pino(options, pino.destination({ sync: false, ...BUFFER }));
}

/** Nest's own messages in the same log. What it says while it starts interests few: it goes to debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.#write('debug', message, context);
  }

  error(message: unknown, ...context: unknown[]): void {
    this.#write('error', message, context);
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.#write('warn', message, context);
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.#write('debug', message, context);
  }

  verbose(message: unknown, ...context: unknown[]): void {
    this.#write('trace', message, context);
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.#write('fatal', message, context);
  }

  #write(
    level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal',
    message: unknown,
    context: unknown[],
  ): void {
    const fields = { context: context.at(-1) };
    if (message instanceof Error) {
      this.logger[level]({ ...fields, err: message }, message.message);
    } else {
      this.logger[level](fields, String(message));
    }
  }
}
