import type { Environment } from './configuration.js';

/** The OS process's environment: the only place where services read it. */
export const systemEnvironment = (): Environment => process.env;
