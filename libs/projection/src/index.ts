export { commitIndex, commitIndexView, type IndexedCommit } from './commit-index.js';
export { type CommitIndexQueries, commitIndexQueries, type HistoryOptions } from './commit-index-queries.js';
export { foldOne, replayAll, type ReplayedRows } from './fold.js';
export { nanosecondsOf } from './instant.js';
export { type DatabaseOptions, ormFor } from './orm.js';
export * from './projection.js';
export * from './projection.errors.js';
export {
  ProjectionRunner,
  projectionRunner,
  type ProjectionRunnerOptions,
  type RunnerLogger,
  type RunnerState,
  type ViewSource,
} from './projection-runner.js';
export { type ColumnType, type ColumnValue, type View, type ViewColumn, viewEntity } from './view-entity.js';
export { type ListOptions, type ViewPage, type ViewQueries, viewQueries } from './view-queries.js';
