import { Logger as NestPinoLogger, PinoLogger } from 'nestjs-pino';
import { type DestinationStream, type Logger, pino } from 'pino';

/*
 * Logs: JSON lines by pino, one root logger per Node process. Which service and which request a line belongs to travels
 * with the asynchronous context, so several services in one Node process tell their lines apart.
 */

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LEVELS)[number];
export const LOG_LEVELS: readonly LogLevel[] = LEVELS;

/** Names whose values never reach a log line, at the top and two levels below. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'secret',
  'password',
  'token',
  'key',
  'seed',
  'privateKey',
  'principal',
];
const REDACTED = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.headers.${field}`]);

let root: PinoLogger | undefined;

export interface LoggingOptions {
  level?: LogLevel;
  /** Default: standard output. */
  destination?: DestinationStream;
}

/** Makes the root logger; the first call counts, later ones return it. */
export function startLogging({ level = 'info', destination }: LoggingOptions = {}): NestPinoLogger {
  const logger = root ?? (root = new PinoLogger({ pinoHttp: { logger: createLogger(level, destination) } }));
  return new NestPinoLogger(logger, {});
}

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED, censor: '…' },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** The logger of the surrounding context. */
export function log(): PinoLogger {
  startLogging();
  if (root === undefined) throw new Error('unreachable: startLogging makes the root logger');
  return root;
}

/** Everything logged by `work`, and by what it starts, carries `bindings`. */
export const withLogContext = <Result>(bindings: Record<string, unknown>, work: () => Result): Result =>
  log().runInContext(work, { bindings, inherit: true });
