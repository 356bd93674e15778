export * from './events/catalog.events.js';
export * from './operations/catalog.js';
export * from './operations/views.js';
