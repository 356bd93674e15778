/** Synapse on an engine of its own from the host's PostgreSQL, run for real. @needs python3 postgres */
import { afterAll, beforeAll } from '@jest/globals';
import { packageConformance } from './package.conformance.js';
import { runFolder } from './package.ground.js';
import { synapseCase } from './synapse-case.fixture.js';

let run: Awaited<ReturnType<typeof runFolder>>;
beforeAll(async () => {
  run = await runFolder();
});
afterAll(() => run.remove());

packageConformance('synapse on PostgreSQL', synapseCase('postgres'), () => run.root);
