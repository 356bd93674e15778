export { gatewayConfiguration, type GatewayConfiguration } from './gateway.config.js';
export { PROBLEMS, type ProblemCode } from './domain/problem-codes.js';
export { OPERATIONS, startGateway } from './start-gateway.js';
