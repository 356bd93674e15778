export * from './effect.js';
export * from './next-action.js';
export * from './process-decide.js';
export * from './process-progress.js';
export * from './process-state.js';
export * from './process-table.js';
export * from './reactor/process-ports.js';
export * from './reactor/process-reactor.js';
