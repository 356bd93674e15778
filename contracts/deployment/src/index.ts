export * from './events/deployment.events.js';
export * from './events/tenure.events.js';
export * from './operations/deployments.js';
export * from './operations/moving.js';
export * from './operations/steps.js';
export * from './operations/work.js';
export * from './operations/views.js';
export * from './portable.js';
