import { describe, expect, it } from '@jest/globals';
import { type ExportCommand, exportDecider } from './export.js';

const id = (digit: number) => `00000000-0000-4000-8000-${String(digit).padStart(12, '0')}`;
const requested = { deployment: id(3), lineage: id(5), environment: id(2), host: 'this-host', recipient: 'age1x' };
const until = '2026-11-28T12:00:00.000Z';
const ready = { tagManifestSha256: 'a'.repeat(64), payloadBytes: 1, payloadFiles: 1, until };
const request: ExportCommand = { type: 'request', requested };
const announce: ExportCommand = { type: 'announce', ready };
const erased: ExportCommand = { type: 'record-erased', at: until };

const after = (...commands: ExportCommand[]) => {
  const events = (command: ExportCommand, state = exportDecider.initialState()) => exportDecider.decide(command, state);
  return commands.reduce((state, command) => {
    const decision = events(command, state);
    if (decision.kind === 'refused') throw new Error(decision.findings.map(({ code }) => code).join());
    return decision.events.reduce(exportDecider.evolve, state);
  }, exportDecider.initialState());
};
const answer = (command: ExportCommand, ...before: ExportCommand[]) => {
  const decision = exportDecider.decide(command, after(...before));
  return decision.kind === 'refused'
    ? decision.findings.map(({ code }) => code)
    : decision.events.map(({ type }) => type);
};

describe('an export', () => {
  it('is requested, announced and erased', () => {
    expect(after(request, { type: 'look' }, announce, erased)).toMatchObject({ status: 'erased', ready });
  });

  it('keeps the time that was announced first', () => {
    const later: ExportCommand = { type: 'announce', ready: { ...ready, until: '2027-01-01T00:00:00.000Z' } };
    expect(after(request, announce, later)).toMatchObject({ ready: { until } });
  });

  it('that was undone never becomes one that can be fetched', () => {
    expect(answer(announce, request, { type: 'undo' })).toEqual(['export-ended']);
    expect(answer(request, { type: 'undo' })).toEqual(['export-differs']);
    expect(answer(erased, request, announce, { type: 'undo' })).toEqual(['export-ended']);
  });

  it('is not erased before it was announced, and its end is recorded once', () => {
    expect(answer(erased, request)).toEqual(['export-not-ready']);
    expect(answer(erased, request, announce, erased)).toEqual([]);
  });

  it('is of one deployment, whatever is asked again', () => {
    expect(answer(request, request)).toEqual([]);
    expect(answer({ type: 'request', requested: { ...requested, deployment: id(4) } }, request)).toEqual([
      'export-differs',
    ]);
  });
});
