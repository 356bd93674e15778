import { configuration, startTelemetry, systemEnvironment } from '@freehold/platform';
import { gatewayConfiguration } from './gateway.config.js';
import { startGateway } from './start-gateway.js';

const stopTelemetry = await startTelemetry(systemEnvironment());
const gateway = await startGateway(configuration(gatewayConfiguration, systemEnvironment()));
const stop = (): void => void gateway.stop().then(stopTelemetry);
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
