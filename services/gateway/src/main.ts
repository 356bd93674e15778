import { configuration, startTelemetry } from '@freehold/platform';
import { gatewayConfiguration } from './gateway.config.js';
import { startGateway } from './start-gateway.js';

const stopTelemetry = await startTelemetry(process.env);
const gateway = await startGateway(configuration(gatewayConfiguration, process.env));
const stop = (): void => void gateway.stop().then(stopTelemetry);
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
