import { describe, expect, it } from '@jest/globals';
import { processLawCases } from '@freehold/process/laws';
import { CellWorld, DEPLOYMENT, ENVIRONMENT, LINEAGE, OPERATOR } from './process-worlds.fixture.js';
import { retireDeploymentProcess } from './retire-deployment.process.js';

const input = {
  deployment: DEPLOYMENT,
  lineage: LINEAGE,
  environment: ENVIRONMENT,
  host: 'this-host',
  name: 'a'.repeat(52),
  eraseAt: '2027-01-01T00:00:00.000Z',
};

/**
 * A retirement goes forward only: every undo says so. So the laws that it has are those of going forward; those of a
 * clean slate after an undo have nothing to say about a process that takes nothing back.
 */
const forward = processLawCases(retireDeploymentProcess, {
  input,
  operator: OPERATOR,
  world: () => CellWorld.withLiveDeployment(),
}).filter(({ name }) => name.startsWith('completes'));

describe('the laws of retire-deployment', () => {
  for (const { name, check } of forward) it(name, check);

  it('are four, and no step has an undo', () => {
    expect(forward).toHaveLength(4);
    expect(retireDeploymentProcess.steps.filter(({ undo }) => typeof undo === 'function')).toEqual([]);
  });
});
