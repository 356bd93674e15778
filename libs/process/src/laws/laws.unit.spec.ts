import { AssertionError } from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import { command, skip } from '../effect.js';
import { commandIdOf } from '../next-action.js';
import { forwardOnly, nothingToUndo, type ProcessTable, type StepRow } from '../process-table.js';
import { processLawCases, processLaws, type ProcessWorld } from './index.js';
import { LAW_PROCESS } from './law-run.js';
import {
  announce,
  anOperator,
  anOrder,
  type Flaws,
  freePlace,
  sampleProcess,
  SampleWorld,
} from './sample-process.fixture.js';

const options = (world: () => ProcessWorld) => ({ input: anOrder, operator: anOperator, world });

processLaws(
  sampleProcess,
  options(() => new SampleWorld()),
);

const withIdleStep = (undo: Parameters<typeof sampleProcess.step>[1]['undo']) =>
  sampleProcess
    .step('paint', { run: () => skip('no colour was ordered'), undo })
    .step('remind', {
      run: ({ operator, input: { deployment }, outputs: { prepare } }) =>
        command({ operation: announce, params: { operator }, body: { deployment, port: prepare.port } }),
      undo: nothingToUndo('a message only'),
    })
    .step('frame', { run: () => skip('what is not painted has no frame'), undo });

processLaws(
  withIdleStep(() => skip('nothing was painted')),
  options(() => new SampleWorld()),
);

const reminder = {
  run: ({ operator, input: { deployment } }: { operator: string; input: { deployment: string } }) =>
    command({ operation: announce, params: { operator }, body: { deployment, port: 1 } }),
};
const withForwardStep = sampleProcess.step('remind', { ...reminder, undo: forwardOnly('it is told already') });

processLaws(
  withForwardStep,
  options(() => new SampleWorld()),
);

/** The names of the laws that this process breaks in this world. */
async function brokenLaws(table: ProcessTable, world: () => ProcessWorld): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, check } of processLawCases(table, options(world))) {
    await check().catch((error: unknown) => {
      if (!(error instanceof AssertionError)) throw error;
      broken.push(name);
    });
  }
  return broken;
}

const flawed = (flaws: Flaws) => brokenLaws(sampleProcess, () => new SampleWorld(flaws));

const spoiled = (step: string, change: (row: StepRow) => StepRow): ProcessTable => ({
  ...sampleProcess,
  steps: sampleProcess.steps.map((row) => (row.name === step ? change(row) : row)),
});
const sound = () => new SampleWorld();

describe('each law is seen failing', () => {
  it('a missing undo', async () => {
    const broken = await brokenLaws(
      spoiled('host', (row) => ({ ...row, undo: nothingToUndo('a lie') })),
      sound,
    );
    expect(broken).toContain('refused at environment: ends there, clean slate');
    expect(broken).toContain('answer of host lost: ends there, clean slate');
    expect(broken).toContain('waits in vain after each step that waits: ends there, clean slate');
    expect(broken).toContain('clean slate after a crash after any commit');
    expect(broken).not.toContain('completes');
    expect(broken).not.toContain('refused at place: ends there, clean slate');
  });

  it('a command that has its effect twice', async () => {
    const broken = await flawed({ nonIdempotent: true });
    expect(broken).toContain('completes when every command is delivered twice');
    expect(broken).toContain('completes after a crash after any delivery');
    expect(broken).not.toContain('completes');
  });

  it('an undo that leaves no mark', async () => {
    const broken = await flawed({ forgetsMarks: true });
    expect(broken.filter((name) => name.includes('delivered late'))).toEqual([
      'place delivered late, after its undo: refused',
      'host delivered late, after its undo: refused',
      'environment delivered late, after its undo: refused',
      'prepare delivered late, after its undo: refused',
    ]);
    expect(broken).not.toContain('completes');
  });

  it('an undo that refuses what never happened', async () => {
    const broken = await flawed({ refusesNeedlessUndo: true });
    expect(broken).toContain('refused at place: ends there, clean slate');
    expect(broken).toContain('host delivered late, after its undo: refused');
  });

  it('an undo that fails for ever', async () => {
    const undoesOnly = commandIdOf(LAW_PROCESS, { step: 'place', direction: 'undo', attempt: 1 });
    expect(await flawed({ undoesOnly })).toEqual(['undo of place failed: stuck, visible; a retry ends it']);
  });

  it('a step that fails by itself, so that later undos are never reached', async () => {
    const broken = await flawed({ refuses: 'environment' });
    expect(broken).toContain('completes');
    expect(broken).toContain('refused at prepare: ends there, clean slate');
    expect(broken).not.toContain('refused at host: ends there, clean slate');
  });

  it('a table that is not a function of what is recorded', async () => {
    let calls = 0;
    const impure = spoiled('announce', (row) => ({
      ...row,
      run: (scope) => ({ ...row.run(scope), body: { deployment: anOrder.deployment, port: (calls += 1) } }),
    }));
    const broken = await brokenLaws(impure, sound);
    expect(broken).toContain('completes after a crash after any delivery');
    expect(broken).not.toContain('completes');
  });

  it('a step that waits for what never comes', async () => {
    const deaf = spoiled('prepare', (row) => ({
      ...row,
      run: (scope) => {
        const effect = row.run(scope);
        return effect.kind === 'job'
          ? { ...effect, until: (answer) => ({ ...effect.until(answer), interestedIn: [] }) }
          : effect;
      },
    }));
    expect(await brokenLaws(deaf, sound)).toContain('completes');
  });

  it('an undo of what was skipped', async () => {
    const scrape = withIdleStep(({ operator }) =>
      command({ operation: freePlace, params: { operator }, body: { deployment: anOrder.deployment } }),
    );
    const broken = await brokenLaws(scrape, sound);
    expect(broken).toContain('refused at paint: ends there, clean slate');
    expect(broken).not.toContain('completes');
  });

  it('a step that its undo leaves no way to go on with', async () => {
    const broken = await brokenLaws(
      spoiled('place', (row) => ({ ...row, mayContinue: true })),
      sound,
    );
    expect(broken).toEqual(['failed at place, and so did its undo: staff continue']);
  });

  it('a world that notices nothing', async () => {
    const blind = () => ({ apply: SampleWorld.prototype.apply.bind(new SampleWorld()), exists: () => [] });
    expect(await brokenLaws(sampleProcess, blind)).toEqual(['completes']);
  });
});
