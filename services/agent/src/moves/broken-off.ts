import { errnoOf } from '../backend/errno.js';

const CODES = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ECONNRESET',
  'EPIPE',
  'ABORT_ERR',
  'ECONNABORTED',
  'ECANCELED',
]);

/** The other side went away: nothing is wrong here. */
export const isBrokenOff = (error: unknown): boolean => CODES.has(errnoOf(error) ?? '') || isAbort(error);

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
