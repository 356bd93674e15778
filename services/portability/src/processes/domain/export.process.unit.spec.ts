import { describe, expect, it } from '@jest/globals';
import { jobFailed, retired } from '@freehold/deployment-contract';
import { processLaws } from '@freehold/process/laws';
import { environmentFailed, environmentObserved } from '@freehold/provisioning-contract';
import { id } from '../../departure/domain/departure.fixture.js';
import { OPERATOR } from './cell.fixture.js';
import { environmentTries, exportJobEnds, unlessDown } from './export-awaits.js';
import { exportProcess } from './export.process.js';
import { exportInput, ExportWorld } from './export-world.fixture.js';
import { lawsNamed } from './whole-table.fixture.js';

const options = { input: exportInput, operator: OPERATOR, world: () => new ExportWorld() };

processLaws(exportProcess, options);

describe('an export of what has to be asked before it stops', () => {
  lawsNamed(exportProcess, { ...options, input: { ...exportInput, quiesces: true } }, [
    'completes',
    'refused at quiesce: ends there, clean slate',
    'answer of quiesce lost: ends there, clean slate',
    'quiesce delivered late, after its undo: refused',
  ]);

  it('asks before it stops, while it is sealed, and only then', () => {
    const steps = exportProcess.steps.map(({ name }) => name);
    expect(steps.slice(steps.indexOf('seal'), steps.indexOf('capture'))).toEqual(['seal', 'quiesce', 'stop']);
  });

  it('goes on when it does not run, and not when what it was asked failed', () => {
    const { matches } = unlessDown(exportJobEnds({ job: id(9), operator: OPERATOR, deployment: id(3), timeoutMs: 1 }));
    const fails = (code: string) =>
      matches(
        { type: jobFailed.type, data: { job: id(9), findings: [{ pointer: '', code, detail: 'd', hint: 'h' }] } },
        seen,
      );
    expect(fails('environment-not-running')).toMatchObject({ kind: 'succeeded' });
    expect(fails('hook-failed')).toMatchObject({ kind: 'failed', findings: [{ code: 'hook-failed' }] });
  });
});

const seen = {
  position: '1:1' as const,
  name: { context: 'deployment', operator: OPERATOR, aggregate: 'deployment', id: id(3) } as const,
};

describe('an export', () => {
  it('is announced also when the application does not come up again', () => {
    const { matches } = environmentTries({ operator: OPERATOR, environment: id(2), generation: 3, timeoutMs: 1 });
    const at = (type: string, generation: number) =>
      matches({ type, data: { generation, state: 'running', identity: null, findings: [] } }, seen);
    expect(at(environmentFailed.type, 2)).toBeUndefined();
    expect(at(environmentFailed.type, 3)).toMatchObject({ kind: 'succeeded', output: { isUp: false } });
    expect(at(environmentObserved.type, 4)).toMatchObject({ kind: 'succeeded', output: { isUp: true } });
  });

  it('does not wait for jobs of a deployment that is gone', () => {
    const { matches } = exportJobEnds({ job: id(9), operator: OPERATOR, deployment: id(3), timeoutMs: 1 });
    expect(matches({ type: retired.type, data: {} }, seen)).toMatchObject({ kind: 'succeeded' });
    expect(matches({ type: jobFailed.type, data: { job: id(9), findings: [] } }, seen)).toMatchObject({
      kind: 'failed',
    });
    expect(matches({ type: jobFailed.type, data: { job: id(7), findings: [] } }, seen)).toBeUndefined();
  });
});
