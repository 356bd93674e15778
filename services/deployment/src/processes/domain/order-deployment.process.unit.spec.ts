import { processLaws } from '@freehold/process/laws';
import { orderDeploymentProcess } from './order-deployment.process.js';
import { CellWorld, DEPLOYMENT, ENVIRONMENT, LINEAGE, OPERATOR } from './process-worlds.fixture.js';

const named = (purpose: string, letter: string) => ({
  ...{ purpose, id: letter.repeat(52) },
  name: { $enciphered: OPERATOR, place: `${OPERATOR}/deployment.name`, iv: '', data: '' },
});

const input = {
  deployment: DEPLOYMENT,
  lineage: LINEAGE,
  environment: ENVIRONMENT,
  application: 'radicale',
  version: '3.9.0',
  digest: 'd',
  plan: 'basic',
  rule: { kind: 'this-host', host: 'this-host' },
  amounts: { memoryBytes: 1, cpuMillis: 2, diskBytes: 3 },
  names: [named('web', 'a'), named('server name', 'b')],
  settings: { page: true },
  secretSettings: [],
};

processLaws(orderDeploymentProcess, { input, operator: OPERATOR, world: () => new CellWorld() });
