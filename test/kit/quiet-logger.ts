import { type Logger, logger } from 'matrix-js-sdk/lib/logger.js';

const silence = (): void => undefined;

/** matrix-js-sdk writes every request to the console otherwise. Its failures come as exceptions all the same. */
export const quietLogger: Logger = {
  trace: silence,
  debug: silence,
  info: silence,
  warn: silence,
  error: silence,
  getChild: () => quietLogger,
};

/** Parts of the library do not ask for a logger and use this one, and children of it. */
Object.assign(logger, quietLogger, { log: silence });
