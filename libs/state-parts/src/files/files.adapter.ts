import type { PartReport, ReportJob, StateAdapter } from '../state-part.js';
import { listFiles } from './list-files.js';
import { restoreFiles } from './restore-files.js';
import { TreeReport } from './tree-report.js';

async function report({ site, part, counts, options }: ReportJob): Promise<PartReport> {
  const tree = new TreeReport(part, counts);
  for await (const entry of listFiles(site, part, options)) tree.add(entry);
  return tree.report();
}

export const filesAdapter: StateAdapter = {
  capture: () => Promise.resolve([]),
  restore: async (site, part, from, options) => void (await restoreFiles({ site, part, from, counts: [], options })),
  restoreReported: restoreFiles,
  report,
  tools: () => Promise.resolve({ available: true, version: process.versions.node, hint: null }),
};
