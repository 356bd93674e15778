export { EchoController, EchoModule, FINDING } from './echo.controller.fixture.js';
export * from './echo.fixture.js';
export { bootReady } from './boot-ready.js';
export { SeenPositions } from './seen-positions.js';
export { writeSignerKeys } from './service-keys.js';
export { type ContextGround, contextGround } from './context-ground.js';
