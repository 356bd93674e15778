import type { StateAdapter, Tools } from '../state-part.js';
import { capturePostgres } from './postgres-capture.js';
import { POSTGRES_HINT } from './postgres-engine.js';
import { reportPostgres } from './postgres-report.js';
import { restorePostgres } from './postgres-restore.js';
import { postgresFolders } from './postgres-installations.js';

export const postgresAdapter: StateAdapter = {
  capture: capturePostgres,
  restore: restorePostgres,
  report: reportPostgres,
  tools: async (): Promise<Tools> => {
    const versions = [...(await postgresFolders()).keys()];
    if (versions.length === 0) return { available: false, version: null, hint: POSTGRES_HINT };
    return { available: true, version: String(Math.max(...versions)), hint: null };
  },
};
