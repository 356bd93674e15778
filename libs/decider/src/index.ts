export * from './decider.js';
export * from './refusals.js';
export * from './specification.js';
