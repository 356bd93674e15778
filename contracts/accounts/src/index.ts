export * from './events/credential.events.js';
export * from './events/operator.events.js';
export * from './events/subscription.events.js';
export * from './operations/credentials.js';
export * from './operations/operators.js';
export * from './operations/subscriptions.js';
export * from './operations/views.js';
