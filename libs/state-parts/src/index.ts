export { comparePaths } from './domain/path-order.js';
export { compareReports, type Difference } from './domain/compare-reports.js';
export { listFiles, type ListingMeter, outlineFiles } from './files/list-files.js';
export { TreeReport } from './files/tree-report.js';
export { postgresInstallations } from './postgres/postgres-installations.js';
export { StateFailure, type StateFailureCode } from './state-failure.js';
export { COPY_SUMS } from './state-part.js';
export type {
  CountDeclaration,
  Done,
  Listed,
  ListedFile,
  ListedFolder,
  ListedLink,
  ListOptions,
  Outlined,
  PartReport,
  ReportOptions,
  Site,
  StateKind,
  StatePart,
  TableReport,
  Tools,
  WorkOptions,
} from './state-part.js';
export {
  capturePart,
  capturePartReported,
  copyAhead,
  makeReady,
  settle,
  reportPart,
  restorePart,
  restorePartReported,
  toolsFor,
} from './state-parts.js';
