import { afterEach, beforeEach, describe } from '@jest/globals';
import type { RuntimeBackend } from '../runtime-backend.js';
import type { BackendHarness } from './backend-harness.conformance.js';
import { environments } from './environments.conformance.js';
import { execAndLogs } from './exec-and-logs.conformance.js';
import { units } from './units.conformance.js';
import { volumes } from './volumes.conformance.js';

/** What every adapter of RuntimeBackend must hold. Releases are tested by each adapter. */
export function runtimeBackendConformance(name: string, makeHarness: () => Promise<BackendHarness>): void {
  describe(`${name} is a runtime backend`, () => {
    let harness: BackendHarness;
    let backend: RuntimeBackend;
    const reopen = async () => {
      await backend.close();
      backend = await harness.open();
    };
    beforeEach(async () => {
      harness = await makeHarness();
      backend = await harness.open();
    });
    afterEach(async () => {
      await backend.close();
      await harness.dispose();
    });
    const scene = { backend: () => backend, harness: () => harness, reopen };
    describe('environments', () => environments(scene));
    describe('units', () => units(scene));
    describe('exec and logs', () => execAndLogs(scene));
    describe('volumes', () => volumes(scene));
  });
}
