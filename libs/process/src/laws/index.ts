import { describe, it } from '@jest/globals';
import type { ProcessTable } from '../process-table.js';
import { processLawCases } from './law-cases.js';
import type { LawOptions } from './process-world.js';

/**
 * The door for tests: `@freehold/process/laws`. Describes all laws of a process as tests of Jest.
 *
 * @example
 * processLaws(orderDeployment, { input: anOrder, world: () => new OrderWorld() });
 */
export function processLaws(table: ProcessTable, options: LawOptions): void {
  describe(`the laws of ${table.kind}`, () => {
    for (const { name, check } of processLawCases(table, options)) it(name, check);
  });
}

export { processLawCases } from './law-cases.js';
export type { LawCase } from './law-trial.js';
export type { LawOptions, ProcessWorld, WorldEvent, WorldOutcome } from './process-world.js';
