export * from './amounts.js';
export * from './events/environment.events.js';
export * from './events/host.events.js';
export * from './events/name.events.js';
export * from './operations/environments.js';
export * from './operations/hosts.js';
export * from './operations/names.js';
export * from './operations/views.js';
