import { describe, expect, it } from '@jest/globals';
import { processLaws } from '@freehold/process/laws';
import { CellWorld, DEPLOYMENT, ENVIRONMENT, LINEAGE, OPERATOR } from './process-worlds.fixture.js';
import { retireDeploymentProcess } from './retire-deployment.process.js';

const input = {
  deployment: DEPLOYMENT,
  lineage: LINEAGE,
  environment: ENVIRONMENT,
  host: 'this-host',
  names: ['a'.repeat(52), 'b'.repeat(52)],
  eraseAt: '2027-01-01T00:00:00.000Z',
};

/** A retirement goes forward only: every undo says so, and the laws are those of going forward. */
processLaws(retireDeploymentProcess, { input, operator: OPERATOR, world: () => CellWorld.withLiveDeployment() });

describe('a retirement', () => {
  it('takes nothing back', () => {
    expect(retireDeploymentProcess.steps.filter(({ undo }) => typeof undo === 'function')).toEqual([]);
  });
});
