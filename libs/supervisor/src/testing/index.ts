export { eventually, type EventuallyOptions } from '../eventually.js';
export { renderNatsConfiguration } from '../nats-configuration.js';
export { claimGround, type ClaimedGround } from './claim-ground.js';
export { testGroundConfiguration, type TestGroundConfiguration } from './test-ground.config.js';
export { testUsers } from './test-users.js';
