import type { StateAdapter, Tools } from '../state-part.js';
import { copyPostgres, settlePostgres } from './postgres-earlier-copy.js';
import { capturePostgres, captureReportedPostgres } from './postgres-capture.js';
import { POSTGRES_HINT } from './postgres-engine.js';
import { reportPostgres } from './postgres-report.js';
import { postgresFolders } from './postgres-installations.js';
import { makeReadyPostgres, restorePostgres, restoreReportedPostgres } from './postgres-restore.js';

export const postgresAdapter: StateAdapter = {
  capture: capturePostgres,
  restore: restorePostgres,
  report: reportPostgres,
  captureReported: captureReportedPostgres,
  restoreReported: restoreReportedPostgres,
  ahead: { copy: copyPostgres, makeReady: makeReadyPostgres, settle: settlePostgres },
  tools: async (): Promise<Tools> => {
    const versions = [...(await postgresFolders()).keys()];
    if (versions.length === 0) return { available: false, version: null, hint: POSTGRES_HINT };
    return { available: true, version: String(Math.max(...versions)), hint: null };
  },
};
