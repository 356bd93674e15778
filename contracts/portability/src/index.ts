export * from './operations/peer-key.js';
export * from './operations/provider-description.js';
export * from './operations/transfer-source.js';
export * from './provider.js';
export * from './statements.js';
