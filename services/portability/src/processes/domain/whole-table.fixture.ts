import { it } from '@jest/globals';
import type { ProcessTable, StepRow } from '@freehold/process';
import { type LawOptions, processLawCases } from '@freehold/process/laws';

/** The laws of a table whose last steps cannot be undone: those of going forward. */
export function lawsGoingForward(table: ProcessTable, options: LawOptions): void {
  for (const { name, check } of processLawCases(table, options)) if (name.startsWith('completes')) it(name, check);
}

/** These laws of it. A name that is no law's is an error, so that none is lost when a step is renamed. */
export function lawsNamed(table: ProcessTable, options: LawOptions, names: readonly string[]): void {
  const cases = processLawCases(impatient(table), options);
  for (const name of names) {
    const found = cases.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${table.kind} has no law called: ${name}`);
    it(name, found.check);
  }
}

/** The same table, with an hour for what has a month: the laws would look at a clock for every minute of it. */
function impatient(table: ProcessTable): ProcessTable {
  const steps = table.steps.map((row): StepRow => {
    const run: StepRow['run'] = (scope) => {
      const effect = row.run(scope);
      return effect.kind === 'skip' ? effect : { ...effect, timeoutMs: Math.min(effect.timeoutMs, HOUR_MS) };
    };
    return { ...row, run };
  });
  return { ...table, steps };
}
const HOUR_MS = 3_600_000;
