export * from './operations.js';
export * from './evidence.operations.js';
